import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { Redis } from "ioredis";
import { RedisFailure, RedisStore } from "../../src/redis.js";
import { isStorageError } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { RedisServer } from "./redis-server.js";

// Nothing below takes longer, however slow the machine is; a call that hangs does.
const LIMITS = { connectTimeout: 10_000, commandTimeout: 10_000 };
const IMPATIENT = { connectTimeout: 200, commandTimeout: 200 };

async function text(store: RedisStore, path: string): Promise<string> {
  const result = await store.read(path);
  return Buffer.from(await result.bytes()).toString();
}

async function paths(store: RedisStore): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list("")) found.push(path);
  return found;
}

describe("a Redis that is killed and started again midway", () => {
  let server: RedisServer;

  beforeEach(async () => {
    server = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
  });

  afterEach(async () => {
    await server.stop();
  });

  it.each(["a connection of its own", "a client of the caller"])(
    "fails calls typed over %s, and then serves",
    async (whose) => {
      const client = new Redis(server.url, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => 20 });
      client.on("error", () => undefined);
      const store = whose.startsWith("a client")
        ? new RedisStore({ client })
        : new RedisStore({ url: server.url, ...LIMITS });
      const acknowledged = new Map<string, string>();
      const attempted = new Map<string, Set<string>>();
      const codes = new Set<string>();
      let failures = 0;
      let done = false;
      const worker = async (name: string): Promise<void> => {
        for (let i = 0; !done; i++) {
          const path = `${name}/${i % 5}`;
          const content = `${name} ${i}`;
          attempted.set(path, (attempted.get(path) ?? new Set()).add(content));
          try {
            await store.write(path, content);
            acknowledged.set(path, content);
            attempted.set(path, new Set([content]));
            expect(await text(store, path)).toBe(content);
            if (i % 10 === 0) expect(await paths(store)).toContain(path);
          } catch (error) {
            if (!isStorageError(error)) throw error;
            failures++;
            expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, store: "redis" });
            expect(error.cause).toBeInstanceOf(RedisFailure);
            codes.add((error.cause as RedisFailure).code);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        }
      };
      const workers = Promise.all(["a", "b", "c", "d"].map(worker)).finally(() => (done = true));
      workers.catch(() => undefined);
      const progress = async (count: () => number): Promise<void> => {
        for (const begin = count(); count() < begin + 20;) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      let written = 0;
      const counted = store.write.bind(store);
      store.write = async (...args) => {
        const info = await counted(...args);
        written++;
        return info;
      };
      for (let round = 0; round < 3; round++) {
        await progress(() => written);
        await server.kill();
        await progress(() => failures);
        await server.restart();
        await progress(() => written);
      }
      done = true;
      await workers;
      // What was acknowledged last is there, or what was sent after it without an answer.
      for (const [path, content] of acknowledged) {
        expect([content, ...attempted.get(path)!]).toContain(await text(store, path));
      }
      expect(await paths(store)).toEqual([...attempted.keys()].sort());
      expect([...codes]).toContain(whose.startsWith("a client") ? "CONNECTION_CLOSED" : "ECONNREFUSED");
      await store.close();
      client.disconnect();
    },
  );
});

describe("a Redis that hangs", () => {
  let server: RedisServer;

  beforeEach(async () => {
    server = await RedisServer.start();
  });

  afterEach(async () => {
    server.resume();
    await server.stop();
  });

  it("is TIMEOUT for every call that waits, and serves again when it goes on", async () => {
    await using store = new RedisStore({ url: server.url, ...IMPATIENT });
    await store.write("a", "before");
    server.freeze();
    const calls = [
      store.write("b", Buffer.alloc(1_000_000)),
      store.read("a"),
      store.stat("a"),
      store.delete("c"),
      store.copy("a", "c"),
      paths(store),
    ];
    for (const call of calls.map(failureOf)) expect(await call).toMatchObject({ code: "TIMEOUT", retryable: true });
    // The next one opens another connection, whose greeting is not answered either.
    const late = await failureOf(store.read("a"));
    expect(late).toMatchObject({ code: "TIMEOUT", operation: "read", path: "a", retryable: true });
    expect((late.cause as RedisFailure).code).toBe("CONNECT_TIMEOUT");
    server.resume();
    await using patient = new RedisStore({ url: server.url, ...LIMITS });
    expect(await text(patient, "a")).toBe("before");
  });

  it("does not hold up an abort", async () => {
    await using store = new RedisStore({ url: server.url, ...LIMITS });
    await store.write("a", "before");
    server.freeze();
    for (const connected of [true, false]) {
      const controller = new AbortController();
      const { signal } = controller;
      const call = (connected ? store : new RedisStore({ url: server.url })).read("a", { signal });
      const outcome = failureOf(call);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort("enough");
      expect(await outcome).toMatchObject({ code: "ABORTED", cause: "enough", path: "a", operation: "read" });
    }
    const client = new Redis(server.url);
    const controller = new AbortController();
    const outcome = failureOf(new RedisStore({ client }).write("a", "x", { signal: controller.signal }));
    controller.abort("enough");
    expect(await outcome).toMatchObject({ code: "ABORTED", cause: "enough" });
    client.disconnect();
  });

  it("is found out although every caller gives up before the timeout", async () => {
    await using store = new RedisStore({ url: server.url, ...LIMITS, commandTimeout: 300 });
    await store.write("a", "1");
    server.freeze();
    expect(await failureOf(store.stat("a", { signal: AbortSignal.timeout(10) }))).toMatchObject({ code: "ABORTED" });
    const waiting = failureOf(store.stat("a"));
    expect(await waiting).toMatchObject({ code: "TIMEOUT" });
    server.resume();
    await expect(store.stat("a")).resolves.toMatchObject({ size: 1 });
  });

  it("is TIMEOUT for a client of the caller that has a commandTimeout", async () => {
    const client = new Redis(server.url, { commandTimeout: 100 });
    const store = new RedisStore({ client });
    await store.write("a", "1").catch(() => store.write("a", "1")); // the machine may be slow
    server.freeze();
    expect(await failureOf(store.read("a"))).toMatchObject({ code: "TIMEOUT", retryable: true });
    client.disconnect();
  });

  it("does not hold up close()", async () => {
    const store = new RedisStore({ url: server.url, ...LIMITS });
    await store.write("a", "1");
    server.freeze();
    const call = failureOf(store.read("a"));
    await store.close();
    expect(await call).toMatchObject({ code: "UNAVAILABLE" });
    const dialing = failureOf(store.read("a"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await store.close();
    expect(await dialing).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("a Redis with a password", () => {
  const SECRET = "s3cret-of-the-test";
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start("--requirepass", SECRET);
  });

  afterAll(async () => {
    await server.stop();
  });

  const withPassword = (password: string): string => server.url.replace("//", `//:${password}@`);

  it("is served with it", async () => {
    await using store = new RedisStore({ url: withPassword(SECRET) });
    await expect(store.write("a", "1")).resolves.toMatchObject({ size: 1 });
  });

  it("is PERMISSION_DENIED without it, and with another, which no error repeats", async () => {
    for (const url of [server.url, withPassword("wr0ng-password")]) {
      await using store = new RedisStore({ url });
      for (let i = 0; i < 2; i++) {
        const error = await failureOf(store.write("a", "the payload"));
        expect(error).toMatchObject({ code: "PERMISSION_DENIED", retryable: false, operation: "write", path: "a" });
        expect(inspect([error, store], { depth: 10, showHidden: true })).not.toMatch(/wr0ng|the payload/);
      }
    }
  });

  it("is PERMISSION_DENIED for a user who may not", async () => {
    const admin = new Redis(withPassword(SECRET));
    await admin.call("ACL", "SETUSER", "reader", "on", `>${SECRET}`, "~*", "+get", "+hello", "+auth");
    await admin.quit();
    await using store = new RedisStore({ url: server.url.replace("//", `//reader:${SECRET}@`) });
    await expect(store.read("a")).resolves.toMatchObject({ info: { size: 1 } });
    const error = await failureOf(store.write("a", "the payload"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", cause: { code: "NOPERM" } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/the payload|s3cret/);
  });

  it("needs no more rights than docs/stores/redis.md says", async () => {
    const admin = new Redis(withPassword(SECRET));
    const page = await readFile("docs/stores/redis.md", "utf8");
    const rights = /^ *- \*\*Rights\*\*.*?(?=^- |^$)/ms.exec(page)![0].match(/(?<=\+)[a-z]+/g)!;
    await admin.call("ACL", "SETUSER", "least", "on", `>${SECRET}`, "~{p}:*", ...rights.map((name) => `+${name}`));
    await admin.quit();
    const url = server.url.replace("//", `//least:${SECRET}@`);
    for (const ttl of [undefined, 60_000]) {
      await using store = new RedisStore({ url, prefix: "p", ttl, slidingTtl: ttl !== undefined });
      await store.delete("a");
      await store.write("a", "1", { ifNoneMatch: "*" });
      await store.copy("a", "b");
      await expect(store.stat("b")).resolves.toMatchObject({ size: 1 });
      expect(await text(store, "b")).toBe("1");
      expect(await paths(store)).toEqual(["a", "b"]);
    }
  });

  it("has no database of that number", async () => {
    await using store = new RedisStore({ url: `${withPassword(SECRET)}/99` });
    expect(await failureOf(store.write("a", "1"))).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
  });
});

describe("a Redis that is full", () => {
  it("is INSUFFICIENT_STORAGE, and keeps what it has", async () => {
    await using server = await RedisServer.start("--maxmemory", "8mb", "--maxmemory-policy", "noeviction");
    const store = new RedisStore({ url: server.url });
    const client = new Redis(server.url);
    await store.write("old", "old content");
    for (let i = 0; i < 4; i++) await store.write(`filler/${i}`, Buffer.alloc(500_000));
    expect(await failureOf(store.write("large", Buffer.alloc(8_000_000)))).toMatchObject({
      code: "INSUFFICIENT_STORAGE",
      retryable: false,
      operation: "write",
      path: "large",
      cause: { code: "OOM" },
    });
    expect(await store.stat("large")).toBeUndefined();
    const listed = await paths(store);
    expect(listed).toHaveLength(5);
    await client.config("SET", "maxmemory", "1mb");
    expect(await failureOf(store.write("old", "new"))).toMatchObject({ code: "INSUFFICIENT_STORAGE" });
    expect(await failureOf(store.copy("old", "new"))).toMatchObject({ code: "INSUFFICIENT_STORAGE" });
    expect(await text(store, "old")).toBe("old content");
    expect(await paths(store)).toEqual(listed);
    for (let i = 0; i < 4; i++) await store.delete(`filler/${i}`); // never refused
    await client.config("SET", "maxmemory", "256mb");
    await store.write("old", "new");
    expect(await paths(store)).toEqual(["old"]);
    client.disconnect();
    await store.close();
  });

  it("that evicts shows exactly what is still there", async () => {
    await using server = await RedisServer.start("--maxmemory", "12mb", "--maxmemory-policy", "allkeys-random");
    const client = new Redis(server.url);
    const store = new RedisStore({ client, prefix: "p" });
    const stored = async (): Promise<string[]> =>
      (await client.keys("{p}:object:*")).map((key) => key.slice("{p}:object:".length));
    for (let i = 0; i < 400; i++) await store.write(`${i}`, Buffer.alloc(100_000, i));
    // Again and again: the index is one of the keys that may go.
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) await store.write(`${round}-${i}`, Buffer.alloc(100_000));
      const before = await stored();
      const listed = await paths(store);
      const after = await stored(); // any command may be what makes Redis evict
      expect(before).toEqual(expect.arrayContaining(listed));
      expect(listed).toEqual(expect.arrayContaining(after));
      expect(listed).toEqual([...listed].sort());
      expect(listed.length).toBeGreaterThan(10);
      expect(listed.length).toBeLessThan(200);
    }
    client.disconnect();
  });
});
