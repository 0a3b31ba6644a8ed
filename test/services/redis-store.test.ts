import { Redis } from "ioredis";
import { TieredStore } from "../../src/index.js";
import { RedisStore, type RedisStoreOptions } from "../../src/redis.js";
import type { ListOptions } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { newPrefix, redisUrl } from "./redis.js";

const DATABASE = 2;
let client: Redis;
let prefix: string;

beforeAll(() => {
  client = new Redis(redisUrl(DATABASE));
});

beforeEach(() => {
  prefix = newPrefix();
});

afterAll(async () => {
  await client.flushdb();
  await client.quit();
});

const create = (options: Partial<RedisStoreOptions> = {}): RedisStore => new RedisStore({ client, prefix, ...options });
const keyOf = (path: string): string => `{${prefix}}:object:${path}`;
const indexed = async (): Promise<string[]> => {
  const members = await client.zrange(`{${prefix}}:index`, "0", "-1");
  return members.filter((member) => !member.startsWith("\0"));
};

async function paths(store: RedisStore, from = "", options: ListOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(from, options)) found.push(path);
  return found;
}

async function text(store: RedisStore, path: string): Promise<string> {
  const result = await store.read(path);
  return Buffer.from(await result.bytes()).toString();
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `n/${`${i}`.padStart(5, "0")}`);

describe("RedisStore.touch", () => {
  it("begins the ttl anew of what has one, and says whether there is such an object", async () => {
    const store = create({ ttl: 60_000 });
    await store.write("a", "1");
    await create().write("b", "1");
    await client.pexpire(keyOf("a"), 1000);
    expect(await Promise.all(["a", "b", "c"].map((path) => store.touch(path)))).toEqual([true, true, false]);
    expect(await client.pttl(keyOf("a"))).toBeGreaterThan(50_000);
    expect(await client.pttl(keyOf("b"))).toBe(-1);
    expect(await failureOf(store.touch("../a"))).toMatchObject({ code: "INVALID_PATH" });
    const signal = AbortSignal.abort("enough");
    expect(await failureOf(store.touch("a", { signal }))).toMatchObject({ code: "ABORTED", cause: "enough" });
  });

  it("is what a hit of a TieredStore calls, when told to", async () => {
    const remote = create({ ttl: 60_000 });
    const store = new TieredStore({ remote, slideRemoteTtl: true });
    await store.write("a", "1");
    await client.pexpire(keyOf("a"), 1000);
    await (await store.read("a")).bytes();
    while ((await client.pttl(keyOf("a"))) < 50_000) await new Promise((resolve) => setImmediate(resolve));
    expect(store.stats().hits).toBe(1);
  });
});

describe("the ttl of RedisStore", () => {
  it("is none by default", async () => {
    const store = create();
    await store.write("a", "1");
    await store.copy("a", "b");
    expect([await client.pttl(keyOf("a")), await client.pttl(keyOf("b"))]).toEqual([-1, -1]);
  });

  it("is that of Redis, in milliseconds, for what is written and copied", async () => {
    const store = create({ ttl: 60_000 });
    await store.write("a", "1");
    await client.persist(keyOf("a"));
    await store.copy("a", "b");
    expect(await client.pttl(keyOf("a"))).toBe(-1);
    await store.write("a", "2");
    for (const path of ["a", "b"]) {
      const left = await client.pttl(keyOf(path));
      expect(left).toBeGreaterThan(50_000);
      expect(left).toBeLessThanOrEqual(60_000);
    }
  });

  it("is not carried over from an older version or a source", async () => {
    await create({ ttl: 60_000 }).write("a", "1");
    const store = create();
    await store.copy("a", "b");
    await store.write("a", "2");
    expect([await client.pttl(keyOf("a")), await client.pttl(keyOf("b"))]).toEqual([-1, -1]);
  });

  it("leaves no trace of an object that is over", async () => {
    const store = create({ ttl: 60_000 });
    await store.write("a", "1");
    await store.write("b", "2");
    expect(await paths(store)).toEqual(["a", "b"]);
    await client.pexpire(keyOf("a"), 1);
    while ((await client.exists(keyOf("a"))) === 1);
    expect(await store.stat("a")).toBeUndefined();
    await expect(store.read("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(store.read("a", { offset: 0 })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(store.copy("a", "c")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await paths(store)).toEqual(["b"]);
    expect(await indexed()).toEqual(["b"]);
    await expect(store.write("a", "3", { ifNoneMatch: "*" })).resolves.toMatchObject({ size: 1 });
  });

  it("is left alone by reads, unless it slides", async () => {
    const still = create({ ttl: 60_000 });
    const sliding = create({ ttl: 60_000, slidingTtl: true });
    await still.write("a", "abc");
    const remaining = async (): Promise<number> => {
      const left = await client.pttl(keyOf("a"));
      await client.pexpire(keyOf("a"), 5_000);
      return left;
    };
    await remaining();
    expect(await text(still, "a")).toBe("abc");
    await (await still.read("a", { offset: 1, length: 1 })).cancel();
    await sliding.stat("a");
    expect(await paths(sliding)).toEqual(["a"]);
    expect(await remaining()).toBeLessThanOrEqual(5_000);
    expect(await text(sliding, "a")).toBe("abc");
    expect(await remaining()).toBeGreaterThan(50_000);
    await (await sliding.read("a", { offset: 1, length: 1 })).cancel();
    expect(await remaining()).toBeGreaterThan(50_000);
  });

  it("that slides gives none to an object without", async () => {
    await create().write("a", "abc");
    expect(await text(create({ ttl: 60_000, slidingTtl: true }), "a")).toBe("abc");
    expect(await client.pttl(keyOf("a"))).toBe(-1);
  });

  it("does not let the index grow while nobody lists", async () => {
    const store = create({ ttl: 60_000 });
    for (const path of numbered(300)) {
      await store.write(path, "x");
      await client.del(keyOf(path)); // as an expiry would
    }
    expect((await indexed()).length).toBeLessThan(50);
  });
});

describe("a listing of RedisStore", () => {
  it("is complete and sorted over many pages, while others write and delete", async () => {
    const store = create();
    const kept = numbered(2_500);
    await Promise.all(kept.map((path) => store.write(path, path)));
    let done = false;
    const others = Promise.all(
      [1, 2, 3, 4].map(async (writer) => {
        for (let i = 0; !done; i++) {
          const path = `n/${`${i % 2_500}`.padStart(5, "0")}-${writer}`;
          await store.write(path, "x");
          await store.delete(path);
        }
      }),
    );
    for (let round = 0; round < 5; round++) {
      const found = await paths(store, "n/");
      expect(found.filter((path) => path.length === 7)).toEqual(kept);
      expect(found).toEqual([...new Set(found)].sort());
    }
    done = true;
    await others;
    expect(await paths(store)).toEqual(kept);
    expect(await paths(store, "n/0249", { startAfter: "n/02496" })).toEqual(["n/02497", "n/02498", "n/02499"]);
    expect(await paths(store, "n/", { startAfter: "n/00998", limit: 3 })).toEqual(kept.slice(999, 1_002));
  });

  it("goes on over thousands of objects that have expired", async () => {
    const store = create();
    const all = numbered(2_200);
    await Promise.all(all.map((path) => store.write(path, path)));
    await paths(store, "", { limit: 1 }); // completes the index
    await client.del(all.slice(10, 2_190).map(keyOf));
    expect(await paths(store, "", { limit: 15 })).toEqual([...all.slice(0, 10), ...all.slice(2_190, 2_195)]);
    expect(await indexed()).toEqual([...all.slice(0, 10), ...all.slice(2_190)]);
  });

  it("finds every object when the index was evicted, before it and in the middle of it", async () => {
    const store = create();
    const all = numbered(1_500);
    await Promise.all(all.map((path) => store.write(path, path)));
    expect(await paths(store)).toEqual(all);
    await client.del(`{${prefix}}:index`);
    await store.write("z", "after");
    expect(await paths(store)).toEqual([...all, "z"]);
    const found: string[] = [];
    for await (const { path } of store.list("")) {
      if (found.push(path) === 10) await client.del(`{${prefix}}:index`);
    }
    expect(found).toEqual([...all, "z"]);
  });

  it("fills the index once for several at a time", async () => {
    const store = create();
    const all = numbered(50);
    await Promise.all(all.map((path) => store.write(path, path)));
    expect(await Promise.all(Array.from({ length: 8 }, () => paths(store)))).toEqual(Array(8).fill(all));
    expect(await client.zrange(`{${prefix}}:index`, "0", "-1")).toEqual(["\0complete", ...all]);
  });

  it("passes over keys of others that are no paths", async () => {
    const store = create();
    const all = numbered(1_005);
    await Promise.all(all.map((path) => store.write(path, path)));
    const objects = Buffer.from(`{${prefix}}:object:`);
    for (const begin of ["m\xff", "n/00999\xfe", "z/../\xff"]) {
      await client.set(Buffer.concat([objects, Buffer.from(begin, "latin1")]), "a value");
    }
    await client.set(keyOf("a//b"), "a value");
    expect(await paths(store)).toEqual(all);
  });

  it("takes no pattern for one", async () => {
    prefix = `[ab]*?\\^-${prefix}`;
    const store = create();
    const odd = ["!*", "*", "*/a", "?", "[a]", "^a"];
    for (const path of odd) await store.write(path, "x");
    await client.del(`{${prefix}}:index`); // filled by the pattern of its keys
    expect(await paths(store)).toEqual(odd);
    expect(await paths(store, "*")).toEqual(["*", "*/a"]);
    expect(await paths(store, "[")).toEqual(["[a]"]);
    expect(await paths(store, "?")).toEqual(["?"]);
  });
});

describe("stores of different prefixes", () => {
  it("see nothing of each other", async () => {
    const prefixes = ["p", "p}", "{p", "p}:object:a", "p*", "?", "p%7D", "p/q", ":"].map((name) => `${prefix}${name}`);
    const stores = prefixes.map((name) => create({ prefix: name }));
    for (const [i, store] of stores.entries()) await store.write("a", `${i}`);
    for (const [i, store] of stores.entries()) {
      expect(await text(store, "a")).toBe(`${i}`);
      expect(await paths(store)).toEqual(["a"]);
    }
    await stores[0]!.delete("a");
    for (const store of stores.slice(1)) expect(await paths(store)).toEqual(["a"]);
  });
});

describe("versions of an object in Redis", () => {
  it("take turns under ifMatch: of many writers, one wins each version", async () => {
    const store = create();
    let { etag } = await store.write("a", "0");
    for (let round = 0; round < 20; round++) {
      const ifMatch = etag!;
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => store.write("a", `${round}.${i}`, { ifMatch })),
      );
      const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
      expect(won).toHaveLength(1);
      etag = won[0]!.value.etag;
    }
  });

  it("are never mixed: what a reader sees is of one write", async () => {
    const store = create();
    const write = (i: number): Promise<unknown> =>
      store.write("a", `${i % 10}`.repeat(1_000 + i), { metadata: { version: `${i}` } });
    await write(0);
    let done = false;
    const writer = (async () => {
      for (let i = 1; !done; i++) await write(i);
    })();
    for (let round = 0; round < 300; round++) {
      const range = round % 2 === 0 ? {} : { offset: 100, length: 500 };
      const result = await store.read("a", range);
      const version = Number(result.info.metadata!["version"]);
      const bytes = Buffer.from(await result.bytes()).toString();
      expect(result.info.size).toBe(1_000 + version);
      expect(bytes).toBe(`${version % 10}`.repeat(range.length ?? 1_000 + version));
    }
    done = true;
    await writer;
  });

  it("have the time of the server", async () => {
    const store = create();
    const [seconds, micros] = (await client.time()).map(Number);
    const before = seconds! * 1000 + Math.floor(micros! / 1000);
    const { lastModified } = await store.write("a", "1");
    expect(lastModified!.getTime()).toBeGreaterThanOrEqual(before);
    expect(lastModified!.getTime()).toBeLessThan(before + 10_000);
    expect((await store.stat("a"))?.lastModified).toEqual(lastModified);
  });

  it("count as written when a client sends a command again for want of an answer", async () => {
    // The same command twice: ioredis does so by default after a connection broke.
    const twice = {
      getBuffer: (key: string) => client.getBuffer(key),
      eval: () => Promise.reject(new Error("not used")),
      evalBuffer: async (...args: [string, number, ...string[]]) => {
        const evalBuffer = (client as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>)[
          "evalBuffer"
        ]!;
        await evalBuffer.apply(client, args);
        return evalBuffer.apply(client, args);
      },
    };
    const store = new RedisStore({ client: twice, prefix });
    const { etag } = await store.write("a", "1", { ifNoneMatch: "*" });
    await expect(store.write("a", "2", { ifMatch: etag! })).resolves.toMatchObject({ size: 1 });
    await expect(store.write("a", "3", { ifNoneMatch: "*" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await text(store, "a")).toBe("2");
  });
});

describe("what Redis holds under the keys of the store", () => {
  it("is refused when somebody else put it there", async () => {
    const store = create();
    await store.write("kept", "x");
    await client.set(keyOf("foreign"), "something of another program, longer than a header of the store");
    await client.set(keyOf("short"), "short");
    await client.hset(keyOf("hash"), "field", "value");
    for (const path of ["foreign", "short", "hash"]) {
      for (const call of [
        store.read(path),
        store.read(path, { offset: 1 }),
        store.stat(path),
        store.copy(path, "copy"),
      ].map(failureOf)) {
        expect(await call).toMatchObject({ code: "DECODE_FAILED", retryable: false, path });
      }
    }
    expect(await store.stat("copy")).toBeUndefined();
    await expect(store.write("short", "x", { ifNoneMatch: "*" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await expect(store.write("short", "x", { ifMatch: '""' })).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    await expect(store.delete("short", { ifMatch: '""' })).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
  });
});

describe("the size of an object", () => {
  it("is limited before anything is sent", async () => {
    const store = create({ maxObjectSize: 1_000 });
    await expect(store.write("a", Buffer.alloc(1_000))).resolves.toMatchObject({ size: 1_000 });
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let i = 0; ; i++) yield await Promise.resolve(Buffer.alloc(100));
    }
    for (const body of [Buffer.alloc(1_001), "ü".repeat(501), chunks()]) {
      await expect(store.write("a", body)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", path: "a" });
    }
    const metadata = { text: "x".repeat(70_000) };
    await expect(store.write("a", "x", { metadata })).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect((await store.stat("a"))?.size).toBe(1_000);
  });

  it("may be as large as the limit that is set, far over the default", async () => {
    const maxObjectSize = 200 * 1024 ** 2;
    const store = create({ maxObjectSize });
    const body = Buffer.alloc(maxObjectSize, "0123456789");
    await store.write("a", body);
    const read = await (await store.read("a")).bytes();
    expect(body.equals(read)).toBe(true);
    await store.copy("a", "b");
    const end = await (await store.read("b", { offset: maxObjectSize - 3 })).bytes();
    expect(Buffer.from(end).toString()).toBe(body.subarray(-3).toString());
    await store.delete("a");
    await store.delete("b");
  });
});
