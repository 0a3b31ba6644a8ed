import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { RedisFailure, RedisStore } from "../../../../src/redis.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";

// Null.
const MISSING = "$-1\r\n";

let server: Server;
let sockets: Socket[];
/** What the server does with each connection. */
let serve: (socket: Socket, number: number) => void;
let connections: number;

beforeEach(async () => {
  sockets = [];
  connections = 0;
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    serve(socket, ++connections);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, "close");
});

const port = (): number => (server.address() as AddressInfo).port;
const urlOf = (number: number): string => `redis://127.0.0.1:${number}`;

/** Answers the greeting, whichever way the client greets, and calls back for each command of the store. */
function greet(socket: Socket, onCommand: () => void): void {
  socket.on("data", (data) => {
    for (const [, name] of data.toString("latin1").matchAll(/^\*\d+\r\n\$\d+\r\n(\w+)\r$/gm)) {
      if (["get", "eval"].includes(name!)) onCommand();
      else socket.write(name === "hello" ? "%0\r\n" : "+OK\r\n");
    }
  });
}

describe("a server that is down", () => {
  it("is UNAVAILABLE at once, for every call", async () => {
    const closed = createServer();
    closed.listen(0, "127.0.0.1");
    await once(closed, "listening");
    const store = new RedisStore({ url: urlOf((closed.address() as AddressInfo).port) });
    closed.close();
    await once(closed, "close");
    for (const call of [
      store.write("a", "x"),
      store.read("a"),
      store.stat("a"),
      store.delete("a"),
      store.copy("a", "b"),
    ].map(failureOf)) {
      const error = await call;
      expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, store: "redis", path: "a" });
      expect(error.cause).toBeInstanceOf(RedisFailure);
      expect(error.cause).toMatchObject({ code: "ECONNREFUSED", isReply: false });
    }
    await store.close();
  });

  it("is asked again by the next call", async () => {
    serve = (socket, number) => {
      if (number <= 2) socket.destroy();
      else greet(socket, () => socket.write(MISSING));
    };
    await using store = new RedisStore({ url: urlOf(port()) });
    for (let i = 0; i < 2; i++) expect(await failureOf(store.read("a"))).toMatchObject({ code: "UNAVAILABLE" });
    expect(await failureOf(store.read("a"))).toMatchObject({ code: "NOT_FOUND" });
    expect(connections).toBe(3);
  });
});

describe("a connection", () => {
  it("is made at the first call, once for all, and again after it broke", async () => {
    serve = (socket) => greet(socket, () => socket.write(MISSING));
    await using store = new RedisStore({ url: urlOf(port()) });
    expect(connections).toBe(0);
    const missing = { code: "NOT_FOUND" };
    for (const error of await Promise.all(Array.from({ length: 8 }, () => failureOf(store.read("a"))))) {
      expect(error).toMatchObject(missing);
    }
    expect(connections).toBe(1);
    const gone = once(sockets[0]!, "close");
    sockets[0]!.destroy();
    await gone;
    // The end may be seen before the call or by it.
    const error = await failureOf(store.read("a"));
    expect(["UNAVAILABLE", "NOT_FOUND"]).toContain(error.code);
    if (error.code === "UNAVAILABLE") expect(await failureOf(store.read("a"))).toMatchObject(missing);
    expect(connections).toBe(2);
  });

  it("that breaks fails what was sent, and sends it no second time", async () => {
    let commands = 0;
    serve = (socket) =>
      greet(socket, () => {
        commands++;
        socket.destroy();
      });
    await using store = new RedisStore({ url: urlOf(port()) });
    const error = await failureOf(store.write("a", "x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "write" });
    expect([connections, commands]).toEqual([1, 1]);
  });

  it("that is never greeted is TIMEOUT", async () => {
    serve = (socket) => socket.resume();
    await using store = new RedisStore({ url: urlOf(port()), connectTimeout: 50 });
    expect(await failureOf(store.read("a"))).toMatchObject({ code: "TIMEOUT", cause: { code: "CONNECT_TIMEOUT" } });
  });

  it("is given up at the first command that takes too long, with all that wait behind it", async () => {
    const clock = new FakeClock();
    let silent!: () => void;
    const asked = new Promise<void>((resolve) => (silent = resolve));
    serve = (socket, number) => greet(socket, number === 1 ? silent : () => socket.write(MISSING));
    await using store = new RedisStore({ url: urlOf(port()), commandTimeout: 1_000, clock });
    const outcomes = Promise.all([failureOf(store.read("a")), failureOf(store.read("b"))]);
    await asked;
    const closed = once(sockets[0]!, "close");
    await clock.advance(1_000);
    for (const error of await outcomes) {
      expect(error).toMatchObject({ code: "TIMEOUT", retryable: true, cause: { code: "COMMAND_TIMEOUT" } });
    }
    await closed;
    expect(await failureOf(store.read("a"))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is refused by a server that has enough clients", async () => {
    serve = (socket) => socket.end("-ERR max number of clients reached\r\n");
    await using store = new RedisStore({ url: urlOf(port()) });
    expect(await failureOf(store.read("a"))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  it("is refused to who has the wrong password", async () => {
    serve = (socket) => socket.once("data", () => socket.write("-WRONGPASS invalid username-password pair\r\n"));
    await using store = new RedisStore({ url: `redis://user:SECRET@127.0.0.1:${port()}` });
    const error = await failureOf(store.read("a"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", retryable: false, cause: { code: "WRONGPASS" } });
  });

  it("is closed with the store, and made again by a later call", async () => {
    serve = (socket) => greet(socket, () => socket.write(MISSING));
    const store = new RedisStore({ url: urlOf(port()) });
    for (const round of [1, 2]) {
      expect(await failureOf(store.read("a"))).toMatchObject({ code: "NOT_FOUND" });
      const closed = once(sockets[round - 1]!, "close");
      await store.close();
      await closed;
      await store.close();
      expect(connections).toBe(round);
    }
  });
});
