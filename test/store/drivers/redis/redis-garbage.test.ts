import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { RedisStore } from "../../../../src/redis.js";
import { isStorageError } from "../../../../src/errors/error.js";
import { failureOf } from "../../../support/failure.js";
import { givenClient } from "./given-client.js";

async function drain(store: RedisStore): Promise<void> {
  for await (const { path } of store.list("")) expect(typeof path).toBe("string");
}

function callsOf(store: RedisStore): Promise<unknown>[] {
  return [
    store.write("a", "x"),
    store.read("a"),
    store.read("a", { offset: 1 }),
    store.copy("a", "b"),
    store.stat("a"),
    store.touch("a"),
    drain(store),
  ];
}

describe("an answer that is not that of the command", () => {
  it.each<[string, unknown]>([
    ["a number", 7],
    ["a text", "QUEUED"],
    ["bytes", Buffer.from("QUEUED")],
    ["an empty list", []],
    ["a list of nothing", [null, null, null]],
    ["a list of numbers", [1, 2, 3]],
    ["a page of other things", [Buffer.from(""), [1, 2, 3]]],
    ["a page that breaks off", [Buffer.from(""), [Buffer.from("a"), Buffer.from("b")]]],
    ["an object", {}],
  ])("is a typed error, whatever it is: %s", async (_, reply) => {
    const store = new RedisStore({ client: givenClient(() => Promise.resolve(reply)) });
    for (const call of callsOf(store).map(failureOf)) {
      const error = await call;
      expect(isStorageError(error)).toBe(true);
      expect(["UNEXPECTED", "DECODE_FAILED"]).toContain(error.code);
      expect(error).toMatchObject({ store: "redis", retryable: false });
    }
  });
});

describe("a server that is not Redis", () => {
  it.each([
    ["that speaks HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"],
    ["that refuses all", "-ERR max number of clients reached\r\n"],
    ["that refuses without a word", "-\r\n"],
    ["that answers with nothing", "$-1\r\n"],
    ["that answers with a broken length", "$abc\r\n\r\n"],
    ["that answers with a broken list", "*-7\r\n"],
    ["that says yes to everything", "+OK\r\n"],
    ["that answers with bytes", "\x00\xff\x16\x03\x01"],
  ])("is a typed error and no unhandled rejection: one %s", async (_, answer) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => {
        socket.write(answer, "latin1");
        if (!/^[+$]/.test(answer)) socket.end();
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const rejections: unknown[] = [];
    const hear = (reason: unknown): unknown => rejections.push(reason);
    process.on("unhandledRejection", hear);
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const database of ["", "/3"]) {
        const store = new RedisStore({ url: `${url}${database}`, connectTimeout: 300, commandTimeout: 300 });
        for (const call of callsOf(store)) {
          const outcome: unknown = await call.then(
            () => "answered",
            (error: unknown) => error,
          );
          if (outcome !== "answered") expect(isStorageError(outcome)).toBe(true);
        }
        await store.close();
      }
      await new Promise(setImmediate);
      expect(rejections).toEqual([]);
    } finally {
      process.off("unhandledRejection", hear);
      server.close();
    }
  });
});
