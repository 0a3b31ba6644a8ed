import { createHash } from "node:crypto";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { bytesResult, streamResult } from "../../../../src/store/read-result.js";
import type { ObjectInfo, ReadOptions, ReadResult, StoreBody, WriteOptions } from "../../../../src/store/store.js";
import { failureOf } from "../../../support/failure.js";
import { FaultStore } from "../../../../src/testing/index.js";
import { textOf, tiered } from "./tiered-fixture.js";

/** Chunks of one buffer that is used again and again, as some sources do. */
async function* reusedBuffer(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = Buffer.from(text);
  const buffer = new Uint8Array(3);
  for (let offset = 0; offset < bytes.byteLength; offset += 3) {
    const part = bytes.subarray(offset, offset + 3);
    buffer.set(part);
    yield await Promise.resolve(buffer.subarray(0, part.byteLength));
  }
}

describe("what a TieredStore keeps", () => {
  it("reads an object of the remote once", async () => {
    const { store, remote, asked, told, events } = tiered();
    await remote.inner.write("a", "content", { contentType: "text/plain", metadata: { owner: "kit" } });
    const first = await store.read("a");
    expect(Buffer.from(await first.bytes()).toString()).toBe("content");
    expect(await textOf(store, "a")).toBe("content");
    const again = await store.read("a");
    await again.cancel();
    expect(again.info).toEqual(first.info);
    expect(again.info).toEqual(await remote.inner.stat("a"));
    expect(asked()).toEqual(["read a"]);
    expect(events.at(-1)).toEqual({
      operation: "cache_hit",
      store: "tapped",
      outcome: "success",
      during: "read",
      bytes: 7,
      durationMs: 0,
    });
    expect(told()).toEqual(["cache_miss", "cache_hit", "cache_hit"]);
    expect(store.stats()).toMatchObject({ hits: 2, misses: 1, stale: 0, evictions: 0, faults: 0, objects: 1 });
  });

  const bodies: [string, () => StoreBody][] = [
    ["a string", () => "né content"],
    ["bytes", () => Buffer.from("né content")],
    [
      "a stream",
      () =>
        (async function* () {
          yield await Promise.resolve(Buffer.from("né con"));
          yield Buffer.from("tent");
        })(),
    ],
    ["a stream that uses its buffer again", () => reusedBuffer("né content")],
  ];

  it.each(bodies)("keeps what is written: %s", async (_, body) => {
    const { store, remote, asked } = tiered();
    const written = await store.write("a", body(), { contentType: "text/plain" });
    const result = await store.read("a");
    const stored = await textOf(remote.inner, "a");
    expect(Buffer.from(await result.bytes()).toString()).toBe(stored);
    expect(result.info).toEqual(written);
    expect(asked()).toEqual(["write a"]);
  });

  it("keeps what was written, whatever the writer does with the buffer meanwhile", async () => {
    const buffer = Buffer.from("written");
    // Looks at the bytes only after the writer has changed them, as an upload in parts may.
    class LateStore extends MemoryStore {
      override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
        await Promise.resolve();
        buffer.fill("x");
        return super.write(path, body, options);
      }
    }
    const { store, remote } = tiered({}, new LateStore());
    await store.write("a", buffer);
    expect(await textOf(store, "a")).toBe("written");
    expect(await textOf(remote.inner, "a")).toBe("written");
  });

  it("keeps nothing of a write that failed", async () => {
    const { store, asked } = tiered();
    await store.write("a", "first");
    expect((await failureOf(store.write("a", "second", { ifNoneMatch: "*" }))).code).toBe("ALREADY_EXISTS");
    expect((await failureOf(store.write("a", "third", { size: 99 }))).code).toBe("INTEGRITY");
    asked();
    expect(await textOf(store, "a")).toBe("first");
    expect(asked()).toEqual(["read a"]);
  });

  it("keeps nothing of a body that the remote did not read to the end, or read twice", async () => {
    const once = (): AsyncIterable<Uint8Array> => ({
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve(Buffer.from("content"));
      },
    });
    class HastyStore extends MemoryStore {
      override async write(path: string, body: StoreBody): Promise<ObjectInfo> {
        const chunks = body as AsyncIterable<Uint8Array>;
        const take = async (): Promise<void> => {
          const iterator = chunks[Symbol.asyncIterator]();
          while ((await iterator.next()).done !== true && path !== "not to the end") continue;
        };
        await take();
        if (path === "twice") await take();
        return { path, size: 7 };
      }
    }
    const { store } = tiered({}, new HastyStore());
    for (const path of ["not to the end", "twice"]) await store.write(path, once());
    expect(store.stats().objects).toBe(0);
    await store.write("once", once());
    expect(store.stats().objects).toBe(1);
  });

  it("gives every reader bytes and a description of its own", async () => {
    const { store, remote } = tiered();
    await remote.inner.write("a", "content", { metadata: { owner: "kit" } });
    const results = await Promise.all([store.read("a"), store.read("a"), store.read("a", { length: 7 })]);
    for (const { info } of results) {
      info.metadata!["owner"] = "changed";
      info.lastModified?.setTime(0);
      info.path = "changed";
    }
    for (const bytes of await Promise.all(results.map((result) => result.bytes()))) bytes.fill(0);
    const stat = await store.stat("a");
    stat!.metadata!["owner"] = "changed";
    expect(await textOf(store, "a")).toBe("content");
    const again = await store.read("a");
    await again.cancel();
    expect(again.info).toEqual(await remote.inner.stat("a"));
  });

  it("shares no buffer with the remote's result either", async () => {
    const bytes = Buffer.from("content");
    class SharingStore extends MemoryStore {
      override async read(path: string): Promise<ReadResult> {
        return Promise.resolve(bytesResult({ path, size: 7 }, bytes));
      }
    }
    const { store } = tiered({}, new SharingStore());
    expect(await textOf(store, "a")).toBe("content");
    bytes.fill(0);
    expect(await textOf(store, "a")).toBe("content");
  });

  it("keeps nothing that has another digest than its path says: bits may flip on the way", async () => {
    const inner = new FaultStore(new MemoryStore(), { faults: [{ on: "read", times: 1, fault: { flip: 0 } }] });
    const { store, asked } = tiered({}, inner);
    const hex = createHash("sha256").update("content").digest("hex");
    await inner.write(`outputs/run/${hex}.json`, "content");
    expect(await textOf(store, `outputs/run/${hex}.json`)).toBe("bontent"); // who asked has a digest to check it by
    expect(await textOf(store, `outputs/run/${hex}.json`)).toBe("content");
    expect(await textOf(store, `outputs/run/${hex}.json`)).toBe("content");
    expect(asked()).toHaveLength(2);
  });

  it("does not remember that something is missing", async () => {
    const { store, remote, asked } = tiered();
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
    await remote.inner.write("a", "content");
    expect(await textOf(store, "a")).toBe("content");
    expect(asked()).toEqual(["read a", "read a"]);
  });

  it("always asks the remote whether an object is there, and believes it", async () => {
    const { store, remote, asked } = tiered();
    await store.write("a", "content");
    expect(await store.stat("a")).toEqual(await remote.inner.stat("a"));
    await remote.inner.delete("a");
    expect(await store.stat("a")).toBeUndefined();
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
    expect(asked()).toEqual(["write a", "stat a", "stat a", "read a"]);
  });

  it("learns from a copy that its source is gone", async () => {
    const { store, remote } = tiered();
    await store.write("a", "content");
    await remote.inner.delete("a");
    expect((await failureOf(store.copy("a", "b"))).code).toBe("NOT_FOUND");
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
  });

  it("hands listings and URLs on", async () => {
    class SigningStore extends MemoryStore {
      override readonly capability = Object.freeze({ ...new MemoryStore().capability, presign: true });
      override presign(path: string): Promise<string> {
        return Promise.resolve(`https://example.test/${path}`);
      }
    }
    const { store, asked } = tiered({}, new SigningStore());
    await store.write("a", "content");
    const listed: string[] = [];
    for await (const { path } of store.list("")) listed.push(path);
    expect(listed).toEqual(["a"]);
    expect(asked()).toEqual(["write a", "entry ", "entry "]);
    expect(await store.presign("a", { method: "GET", expiresIn: 60 })).toBe("https://example.test/a");
  });

  it("drops everything when it is closed, closes the remote, and keeps nothing afterwards", async () => {
    const { store, asked } = tiered();
    await store.write("a", "content");
    await store.close();
    expect(asked()).toEqual(["write a", "close "]);
    expect(await textOf(store, "a")).toBe("content");
    expect(await textOf(store, "a")).toBe("content");
    expect(asked()).toEqual(["read a", "read a"]);
    expect(store.stats()).toMatchObject({ objects: 0, bytes: 0 });
  });
});

describe("ranges of a TieredStore", () => {
  it("answers a range from a copy", async () => {
    const { store, asked, events } = tiered();
    await store.write("a", "0123456789");
    const ranges: [ReadOptions, string][] = [
      [{ offset: 2, length: 3 }, "234"],
      [{ offset: 8, length: 9 }, "89"],
      [{ length: 1 }, "0"],
      [{ offset: 99, length: 1 }, ""],
      [{ offset: 3 }, "3456789"],
    ];
    for (const [options, text] of ranges) {
      expect(await textOf(store, "a", options)).toBe(text);
      expect(events.at(-1)).toMatchObject({ operation: "cache_hit", bytes: text.length });
    }
    expect(asked()).toEqual(["write a"]);
  });

  it("reads a range that it has not as a range, and keeps nothing of it", async () => {
    const { store, remote } = tiered();
    await remote.inner.write("a", "0123456789");
    for (let i = 0; i < 2; i++) expect(await textOf(store, "a", { offset: 2, length: 3 })).toBe("234");
    const reads = remote.calls.filter(({ operation }) => operation === "read");
    expect(reads.map(({ options }) => options)).toEqual([
      { offset: 2, length: 3 },
      { offset: 2, length: 3 },
    ]);
    expect(store.stats()).toMatchObject({ misses: 2, objects: 0 });
  });
});

describe("the memory of a TieredStore", () => {
  it("stays within maxBytes, dropping what was not used for longest", async () => {
    const { store, asked, events } = tiered({ maxBytes: 20_000, maxObjectSize: 10_000 });
    for (const path of ["a", "b", "c"]) await store.write(path, path.repeat(5000));
    await textOf(store, "a");
    expect(store.stats()).toMatchObject({ objects: 3, evictions: 0 });
    await store.write("d", "d".repeat(5000));
    expect(store.stats()).toMatchObject({ objects: 3, evictions: 1 });
    expect(events.filter(({ operation }) => operation === "cache_eviction")).toMatchObject([{ bytes: 5000 }]);
    asked();
    for (const path of ["a", "c", "d", "b"]) expect(await textOf(store, path)).toBe(path.repeat(5000));
    expect(asked()).toEqual(["read b"]);
  });

  it("counts what is kept beside the content: a million empty objects do not fit", async () => {
    const { store } = tiered({ maxBytes: 16 * 1024 ** 2 });
    for (let i = 0; i < 50; i++) {
      await store.write(`a/long/path/${i}`, "", { metadata: { text: "x".repeat(i) } });
      expect(store.stats().bytes).toBeGreaterThanOrEqual((i + 1) * (1024 + 2 * 12));
    }
  });

  it.each([0, 1, 999, 1000])("keeps an object of %d bytes, the limit being 1000", async (size) => {
    const { store, asked } = tiered({ maxObjectSize: 1000 });
    await store.write("a", "x".repeat(size));
    await textOf(store, "a");
    expect(asked()).toEqual(["write a"]);
  });

  it("keeps objects of an eighth of maxBytes by default, or of 1 MiB, and no larger ones", async () => {
    for (const [maxBytes, most] of [
      [16 * 1024 ** 2, 2 * 1024 ** 2],
      [4 * 1024 ** 2, 1024 ** 2],
    ] as const) {
      const { store } = tiered({ maxBytes });
      await store.write("a", new Uint8Array(most));
      await store.write("b", new Uint8Array(most + 1));
      expect(store.stats().objects).toBe(1);
    }
  });

  it("never holds an object over the limit: written whole or as a stream, of declared size or not, and read", async () => {
    const remote = new MemoryStore();
    const store = new TieredStore({ remote, maxObjectSize: 1000 });
    const stream = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for (let i = 0; i < 11; i++) yield await Promise.resolve(new Uint8Array(100).fill(i));
    };
    await store.write("whole", new Uint8Array(1001));
    await store.write("text", "é".repeat(501));
    await store.write("declared", stream(), { size: 1100 });
    await store.write("undeclared", stream());
    expect(store.stats().objects).toBe(0);
    for (const path of ["whole", "text", "declared", "undeclared"]) {
      expect(await textOf(store, path)).toBe(await textOf(remote, path));
    }
    expect(store.stats().objects).toBe(0);
  });

  it("streams an object over the limit: its reader has the first bytes before the last ones are there", async () => {
    let goOn: () => void = () => undefined;
    const more = new Promise<void>((resolve) => (goOn = resolve));
    class SlowStore extends MemoryStore {
      override async read(path: string): Promise<ReadResult> {
        async function* chunks() {
          yield Buffer.from("begin");
          await more;
          yield Buffer.from("end");
        }
        return Promise.resolve(streamResult({ path, size: 8 }, chunks()));
      }
    }
    const store = new TieredStore({ remote: new SlowStore(), maxObjectSize: 7 });
    const chunks = (await store.read("a"))[Symbol.asyncIterator]();
    expect((await chunks.next()).value).toEqual(Buffer.from("begin"));
    goOn();
    expect((await chunks.next()).value).toEqual(Buffer.from("end"));
    expect((await chunks.next()).done).toBe(true);
  });

  class MisstatingStore extends MemoryStore {
    constructor(private readonly stated: number) {
      super();
    }
    override async read(path: string, options?: ReadOptions): Promise<ReadResult> {
      const result = await super.read(path, options);
      return streamResult({ ...result.info, size: this.stated }, result, () => result.cancel());
    }
  }

  it("streams, and does not keep, a body of 10 bytes that is said to have 5", async () => {
    const { store, remote } = tiered({}, new MisstatingStore(5));
    await remote.inner.write("a", reusedBuffer("0123456789"));
    const texts = await Promise.all([1, 2, 3].map(() => textOf(store, "a")));
    expect(texts).toEqual(["0123456789", "0123456789", "0123456789"]);
    expect(store.stats().objects).toBe(0);
  });

  it.each([NaN, -1, 1.5, undefined as unknown as number, Infinity])(
    "neither hands out nor keeps a body that is said to have %d bytes",
    async (stated) => {
      const { store, remote } = tiered({}, new MisstatingStore(stated));
      await remote.inner.write("a", "0123456789");
      const failures = await Promise.all([1, 2, 3].map(() => failureOf(store.read("a"))));
      for (const failure of failures) {
        expect(failure).toMatchObject({ code: "UNEXPECTED", retryable: false, operation: "read", path: "a" });
      }
      expect(store.stats().objects).toBe(0);
    },
  );

  it("hands out, and does not keep, a body that is shorter than was said", async () => {
    const { store, remote } = tiered({}, new MisstatingStore(11));
    await remote.inner.write("a", "0123456789");
    expect(await textOf(store, "a")).toBe("0123456789");
    expect(store.stats().objects).toBe(0);
  });

  it("holds no more than maxBytes of bodies that are under way, and streams the others", async () => {
    let open = 0;
    let goOn: () => void = () => undefined;
    const more = new Promise<void>((resolve) => (goOn = resolve));
    class SlowStore extends MemoryStore {
      override async read(path: string): Promise<ReadResult> {
        async function* chunks() {
          open++;
          await more;
          yield new Uint8Array(1000);
        }
        return Promise.resolve(streamResult({ path, size: 1000 }, chunks()));
      }
    }
    const store = new TieredStore({ remote: new SlowStore(), maxBytes: 3500, maxObjectSize: 1000 });
    const paths = Array.from({ length: 10 }, (_, i) => `${i}`);
    const reads = paths.map((path) => store.read(path));
    // Seven are handed out before a byte has come: nobody collects them.
    const streamed = await Promise.all(reads.slice(3));
    expect(open).toBe(3);
    goOn();
    for (const result of [...streamed, ...(await Promise.all(reads.slice(0, 3)))]) {
      expect(await result.bytes()).toEqual(new Uint8Array(1000));
    }
    // What was in use is free again.
    await (await store.read("again")).bytes();
    expect((await store.read("again")).info.size).toBe(1000);
  });
});
