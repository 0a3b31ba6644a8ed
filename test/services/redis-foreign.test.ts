import { Redis } from "ioredis";
import { RedisStore } from "../../src/redis.js";
import type { Store } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { newPrefix, redisUrl } from "./redis.js";

let client: Redis;
let store: RedisStore;
let prefix: string;

beforeAll(() => {
  client = new Redis(redisUrl());
});

beforeEach(() => {
  prefix = newPrefix();
  store = new RedisStore({ url: redisUrl(), prefix });
});

afterEach(() => store.close());

afterAll(() => client.quit());

const key = (path: string): string => `{${prefix}}:object:${path}`;

async function listed(of: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of of.list("")) paths.push(path);
  return paths;
}

describe("a value that the store did not write", () => {
  it.each([
    ["empty", ""],
    ["short", "x"],
    ["long", "x".repeat(100)],
    ["of another version", `cc02${"A".repeat(22)}${"0".repeat(14)}00000000body`],
    ["with attributes that are none", `cc01${"A".repeat(22)}${"0".repeat(14)}00000004nullbody`],
    ["with a content type that is none", `cc01${"A".repeat(22)}${"0".repeat(14)}00000011{"contentType":5}body`],
    ["with metadata that are none", `cc01${"A".repeat(22)}${"0".repeat(14)}00000014{"metadata":{"a":1}}body`],
  ])("is DECODE_FAILED for all that looks at it: %s", async (_, value) => {
    await client.set(key("foreign"), value, "PX", 1_000_000);
    const failed = { code: "DECODE_FAILED", retryable: false, path: "foreign" };
    expect(await failureOf(store.stat("foreign"))).toMatchObject(failed);
    expect(await failureOf(store.read("foreign"))).toMatchObject(failed);
    expect(await failureOf(store.read("foreign", { offset: 1, length: 2 }))).toMatchObject(failed);
    expect(await failureOf(store.copy("foreign", "copy"))).toMatchObject(failed);
    expect(await failureOf(store.touch("foreign"))).toMatchObject(failed);
    expect(await failureOf(store.write("foreign", "1", { ifNoneMatch: "*" }))).toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(await client.get(key("foreign"))).toBe(value);
    await store.write("foreign", "ours");
    expect(Buffer.from(await (await store.read("foreign")).bytes()).toString()).toBe("ours");
  });

  it.each([
    ["empty", ""],
    ["short", "x"],
    ["long", "x".repeat(100)],
  ])("is told by a listing, not left out: %s", async (_, value) => {
    await client.set(key("foreign"), value);
    expect(await failureOf(listed(store))).toMatchObject({ code: "DECODE_FAILED", operation: "list" });
    expect(await failureOf(listed(store))).toMatchObject({ code: "DECODE_FAILED", operation: "list" });
    await store.delete("foreign");
    expect(await listed(store)).toEqual([]);
  });

  it("of another type is DECODE_FAILED, and stays", async () => {
    await client.hset(key("foreign"), "a", "1");
    for (const call of [store.stat("foreign"), store.read("foreign"), store.write("foreign", "1")].map(failureOf)) {
      expect(await call).toMatchObject({ code: "DECODE_FAILED", cause: { code: "WRONGTYPE" } });
    }
    expect(await client.hgetall(key("foreign"))).toEqual({ a: "1" });
  });
});

describe("an index of another type", () => {
  it("fails a write, copy or delete that then has not happened", async () => {
    await store.write("there", "old");
    await client.set(`{${prefix}}:index`, "not an index");
    const failed = { code: "DECODE_FAILED", cause: { code: "WRONGTYPE" } };
    for (const call of [
      store.write("new", "1"),
      store.write("there", "1"),
      store.copy("there", "new"),
      store.delete("there"),
    ].map(failureOf)) {
      expect(await call).toMatchObject(failed);
    }
    expect(await failureOf(listed(store))).toMatchObject(failed);
    expect(await store.stat("new")).toBeUndefined();
    expect(Buffer.from(await (await store.read("there")).bytes()).toString()).toBe("old");
  });
});

describe("a database that the server does not have", () => {
  it("is CONFIG_INVALID at every call, and says what to write", async () => {
    const rejections: unknown[] = [];
    const hear = (reason: unknown): unknown => rejections.push(reason);
    process.on("unhandledRejection", hear);
    try {
      for (const suffix of ["/99", "/?db=99"]) {
        const other = new RedisStore({ url: redisUrl().replace(/\/\d+$/, suffix) });
        for (let i = 0; i < 3; i++) {
          const error = await failureOf(other.write("a", "1"));
          expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false, operation: "write", path: "a" });
          expect(error.message).toContain("number below");
        }
        await other.close();
      }
      await new Promise(setImmediate);
      expect(rejections).toEqual([]);
    } finally {
      process.off("unhandledRejection", hear);
    }
  });
});
