import { createHash } from "node:crypto";
import { getMaxListeners } from "node:events";
import { Readable } from "node:stream";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { deepFreeze, longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf } from "../support/stored.js";
import { turn } from "../support/turn.js";

const reference = (value: unknown) => value as StorageReference;
const texts = (count: number) => Array.from({ length: count }, (_, i) => longText(`text ${i} `));

describe("what dehydrate writes", () => {
  const TEXT = longText('a text with "quotes", ü and \u2028');
  const cases: [string, unknown, string][] = [
    ["a text", TEXT, `{"contentType":"raw","data":${JSON.stringify(TEXT)}}`],
    ["a container", { b: [TEXT.slice(0, 900), 1], a: TEXT.slice(0, 900) }, ""],
    ["an array", [TEXT.slice(0, 900), null, { z: TEXT.slice(0, 900) }], ""],
  ];

  it.each(cases)("is a StoredObject for %s, named by its digest and told by the reference", async (_, value, bytes) => {
    const stored = bytes === "" ? `{"contentType":"json","data":${JSON.stringify(value)}}` : bytes;
    const store = new MemoryStore();
    const result = await new StorageManager({ pack: false, store }).dehydrate(value, { scope: "run-42/step-3" });
    const path = `outputs/run-42/step-3/${createHash("sha256").update(stored).digest("hex")}.json`;
    expect(result).toEqual({
      $storageRef: path,
      $storageContentType: typeof value === "string" ? "text/plain" : "application/json",
      $storageSize: Buffer.byteLength(stored),
      $storageDigest: sha256Digest(Buffer.from(stored)),
    });
    expect(Object.keys(result as object)[0]).toBe("$storageRef");
    const objects = await objectsOf(store);
    expect([...objects].map(([name, data]) => [name, data.toString()])).toEqual([[path, stored]]);
  });

  it("tells the schema, in reference and object, of a payload that leaves whole", async () => {
    const store = new MemoryStore();
    const value = { id: longText("a", 500), more: longText("b", 600) };
    const options = { schema: "order", schemaVersion: "2", scope: "s" };
    const result = reference(await new StorageManager({ pack: false, store }).dehydrate(value, options));
    expect(result).toMatchObject({ $storageSchema: "order", $storageSchemaVersion: "2" });
    const [data] = (await objectsOf(store)).values();
    expect(data!.toString()).toBe(
      `{"contentType":"json","schema":"order","schemaVersion":"2","data":${JSON.stringify(value)}}`,
    );
  });

  it("is the bytes themselves for binary, whatever their size", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ pack: false, store });
    const blob = new Blob([Buffer.from("an image")], { type: "image/png" });
    const stream = Readable.from([Buffer.from("in "), "parts"]);
    const payload = { bytes: Uint8Array.of(1, 2, 255), empty: new Uint8Array(0), blob, stream };
    const result = (await manager.dehydrate(payload, { scope: "s" })) as Record<string, StorageReference>;
    const expected = {
      bytes: [Buffer.of(1, 2, 255), "application/octet-stream"],
      empty: [Buffer.alloc(0), "application/octet-stream"],
      blob: [Buffer.from("an image"), "image/png"],
      stream: [Buffer.from("in parts"), "application/octet-stream"],
    } as const;
    const objects = await objectsOf(store);
    expect(objects.size).toBe(4);
    for (const [key, [bytes, contentType]] of Object.entries(expected)) {
      const path = `outputs/s/${createHash("sha256").update(bytes).digest("hex")}.bin`;
      expect(result[key]).toEqual({
        $storageRef: path,
        $storageContentType: contentType,
        $storageSize: bytes.byteLength,
        $storageDigest: sha256Digest(bytes),
      });
      expect(objects.get(path)).toEqual(bytes);
    }
  });

  it("stays referenced from inside a container that leaves whole, when it is binary", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ pack: false, store, maxEnvelopeSize: 1024 });
    const value = { a: longText("a", 900), bytes: Buffer.from("bytes"), b: longText("b", 900) };
    const result = reference(await manager.dehydrate(value, { scope: "s" }));
    const objects = await objectsOf(store);
    expect([...objects.keys()].map((path) => path.slice(-4)).sort()).toEqual([".bin", "json"]);
    const whole = JSON.parse(objects.get(result.$storageRef)!.toString()) as { data: typeof value };
    expect(whole.data).toMatchObject({ a: value.a, b: value.b, bytes: { $storageSize: 5 } });
    await expect(manager.hydrate(result)).resolves.toEqual({ ...value, bytes: new Uint8Array(value.bytes) });
  });

  it("has content types where the store keeps them, and none where it does not", async () => {
    const payload = { text: longText("a"), bytes: new Blob(["x"], { type: "image/png" }) };
    const options = async (contentType: boolean) => {
      const store = new RecordingStore(new MemoryStore(), { contentType });
      await new StorageManager({ pack: false, store }).dehydrate(payload);
      return store.calls.map((call) => [call.path.slice(-4), call.options.contentType, "contentType" in call.options]);
    };
    expect(await options(true)).toEqual([
      [".bin", "image/png", true],
      ["json", "application/json", true],
    ]);
    expect(await options(false)).toEqual([
      [".bin", undefined, false],
      ["json", undefined, false],
    ]);
  });

  it("declares its size", async () => {
    const store = new RecordingStore();
    const result = reference(await new StorageManager({ pack: false, store }).dehydrate(longText("a")));
    expect(store.calls).toMatchObject([
      { operation: "write", path: result.$storageRef, options: { size: result.$storageSize } },
    ]);
  });

  it("is nothing for what fits", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ pack: false, store });
    const small = deepFreeze({ a: [1, "two", null, { three: 3 }] });
    expect(await manager.dehydrate(small)).toEqual(small);
    expect(await manager.dehydrate(undefined)).toBeUndefined();
    expect(await manager.dehydrate(null)).toBeNull();
    expect(await manager.dehydrate(() => 1)).toBeUndefined();
    expect(store.calls).toEqual([]);
  });

  it("leaves the input as it was, and shares with it what stays", async () => {
    const stays = { small: [1, 2] };
    const input = deepFreeze({ large: longText("a"), stays });
    const result = (await new StorageManager({ pack: false, store: new MemoryStore() }).dehydrate(
      input,
    )) as typeof input;
    expect(input.large).toBe(longText("a"));
    expect(result).not.toBe(input);
    expect(result.stays).toBe(stays);
  });

  it("is sorted by key with canonical, so that key order does not matter", async () => {
    const store = new MemoryStore();
    const [a, b] = [longText("a", 600), longText("b", 600)];
    const canonical = new StorageManager({ pack: false, store, canonical: true });
    const [first, second] = [
      reference(await canonical.dehydrate({ a, b: { d: b, c: 1 } }, { scope: "s" })),
      reference(await canonical.dehydrate({ b: { c: 1, d: b }, a }, { scope: "s" })),
    ];
    expect(second).toEqual(first);
    const [data] = (await objectsOf(store)).values();
    expect(data!.toString()).toBe(`{"contentType":"json","data":{"a":"${a}","b":{"c":1,"d":"${b}"}}}`);
    const plain = new StorageManager({ pack: false, store });
    const [third, fourth] = [
      reference(await plain.dehydrate({ a, b }, { scope: "s" })),
      reference(await plain.dehydrate({ b, a }, { scope: "s" })),
    ];
    expect(fourth.$storageDigest).not.toBe(third.$storageDigest);
  });
});

describe("objects of one scope", () => {
  it("are one object for the same content in one call", async () => {
    const store = new RecordingStore();
    const text = longText("a");
    const bytes = () => Buffer.from("the same bytes");
    const manager = new StorageManager({ pack: false, store });
    const result = (await manager.dehydrate([text, { text }, bytes(), bytes()], { scope: "s" })) as [
      StorageReference,
      { text: StorageReference },
      StorageReference,
      StorageReference,
    ];
    expect(store.paths("write")).toHaveLength(2);
    expect(result[1].text).toEqual(result[0]);
    expect(result[3]).toEqual(result[2]);
  });

  it("are the same objects in a retry", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ pack: false, store });
    const payload = { a: longText("a"), b: longText("b") };
    const first = await manager.dehydrate(payload, { scope: "run/1" });
    expect(await manager.dehydrate(payload, { scope: "run/1" })).toEqual(first);
    expect(new Set(store.paths("write")).size).toBe(2);
    expect((await objectsOf(store.inner)).size).toBe(2);
  });

  it("are others than those of another scope", async () => {
    const manager = new StorageManager({ pack: false, store: new MemoryStore() });
    const [a, b] = [
      reference(await manager.dehydrate(longText("a"), { scope: "run-1" })),
      reference(await manager.dehydrate(longText("a"), { scope: "run-2" })),
    ];
    expect([a.$storageRef.split("/")[1], b.$storageRef.split("/")[1]]).toEqual(["run-1", "run-2"]);
    expect(a.$storageDigest).toBe(b.$storageDigest);
  });

  it("a stream that stands in two places is read once", async () => {
    let opened = 0;
    const stream = {
      [Symbol.asyncIterator]: async function* () {
        await Promise.resolve();
        opened++;
        yield Buffer.from("once");
      },
    };
    const store = new RecordingStore();
    const manager = new StorageManager({ pack: false, store });
    const result = (await manager.dehydrate([stream, { stream }])) as [StorageReference, { stream: StorageReference }];
    expect(opened).toBe(1);
    expect(result[1].stream).toEqual(result[0]);
    await expect(manager.hydrate(result)).resolves.toEqual([
      new Uint8Array(Buffer.from("once")),
      { stream: new Uint8Array(Buffer.from("once")) },
    ]);
  });
});

describe("a fresh scope", () => {
  const scopeOf = (value: unknown) => reference(value).$storageRef.split("/")[1]!;

  it("is a new one for every call, and they sort by time", async () => {
    const manager = new StorageManager({ pack: false, store: new MemoryStore() });
    const scopes: string[] = [];
    for (let i = 0; i < 300; i++) scopes.push(scopeOf(await manager.dehydrate(longText("a"))));
    expect(new Set(scopes).size).toBe(300);
    expect([...scopes].sort()).toEqual(scopes);
  });

  it("is shared by the objects of the call", async () => {
    const manager = new StorageManager({ pack: false, store: new MemoryStore() });
    const result = (await manager.dehydrate(texts(3))) as StorageReference[];
    expect(new Set(result.map(scopeOf)).size).toBe(1);
  });
});

describe("dehydrate returns", () => {
  it("nothing before every object is durable", async () => {
    const store = new HeldStore(["write"]);
    let result: unknown;
    const call = new StorageManager({ pack: false, store }).dehydrate(texts(3)).then((value) => (result = value));
    await store.until(3);
    for (const write of store.held) {
      await turn();
      expect(result).toBeUndefined();
      write.release();
    }
    await call;
    expect(await objectsOf(store.inner)).toHaveProperty("size", 3);
    expect(result).toHaveLength(3);
  });

  it("after at most `concurrency` writes at a time", async () => {
    const store = new HeldStore(["write"]);
    const call = new StorageManager({ pack: false, store, concurrency: 3 }).dehydrate(texts(8));
    for (let done = 0; done < 8; done++) {
      await store.until(Math.min(8, done + 3));
      await turn();
      expect(store.waiting).toBe(Math.min(3, 8 - done));
      store.held[done]!.release();
    }
    await call;
    expect(store.held).toHaveLength(8);
  });

  it("after 16 writes at a time by default", async () => {
    const store = new HeldStore(["write"]);
    const call = new StorageManager({ pack: false, store }).dehydrate(texts(20));
    await store.until(16);
    await turn();
    expect(store.waiting).toBe(16);
    for (let i = 0; i < 20; i++) {
      await store.until(i + 1);
      store.held[i]!.release();
    }
    await call;
  });

  it("without a warning of Node's that more than ten listen to one signal", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ pack: false, store, concurrency: 40 });
    await manager.hydrate(await manager.dehydrate(texts(40), { scope: "s" }));
    await manager.release("s");
    // A listing is one operation; all others may be in flight together.
    const parallel = store.calls.filter(({ operation }) => !["entry", "return"].includes(operation));
    expect(parallel.length).toBeGreaterThan(120);
    for (const { options } of parallel) expect(getMaxListeners(options.signal!)).toBe(Infinity);
  });

  it("after the streams of the payload were read, at most `concurrency` at a time", async () => {
    let open = 0;
    let mostOpen = 0;
    const stream = (label: string) => ({
      async *[Symbol.asyncIterator]() {
        mostOpen = Math.max(mostOpen, ++open);
        await turn();
        yield Buffer.from(label);
        open--;
      },
    });
    const manager = new StorageManager({ pack: false, store: new MemoryStore(), concurrency: 2 });
    await manager.dehydrate(["a", "b", "c", "d", "e"].map(stream));
    expect(mostOpen).toBe(2);
  });
});

describe("payloads that JSON has no form for", () => {
  const cyclic: Record<string, unknown> = { a: {} };
  (cyclic["a"] as Record<string, unknown>)["self"] = cyclic;
  const throwing = {
    get a(): number {
      throw new Error("a getter");
    },
  };
  it.each<[string, unknown, string]>([
    ["a cycle", cyclic, "$.a.self"],
    ["a BigInt", { list: [1n] }, "$.list[0]"],
    ["a getter that throws", { inner: throwing }, "$.inner"],
  ])("are UNSERIALIZABLE: %s", async (_, payload, path) => {
    const store = new RecordingStore();
    const error = await failureOf(
      new StorageManager({ pack: false, store }).dehydrate({ large: longText("a"), payload }),
    );
    expect(error).toMatchObject({
      code: "UNSERIALIZABLE",
      message: expect.stringContaining(path.replace("$", "$.payload")),
    });
    expect(store.calls).toEqual([]);
  });
});

describe("a list that leaves whole", () => {
  it.each([undefined, () => undefined])(
    "is read no more often where bytes leave beside it, observer: %s",
    async (observer) => {
      const readsOf = async (beside: object): Promise<number> => {
        let reads = 0;
        const item = {
          get text() {
            reads++;
            return "é".repeat(300);
          },
        };
        const manager = new StorageManager({ store: new MemoryStore(), observer });
        await manager.dehydrate({ list: Array.from({ length: 2000 }, () => item), ...beside });
        return reads;
      };
      expect(await readsOf({ bytes: new Uint8Array(9) })).toBe(await readsOf({}));
    },
  );
});

describe("an object with very many fields", () => {
  const fields = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`field ${index}`, index]));

  /** Dehydrates it, and counts how often its keys are listed. @param took milliseconds that each listing takes */
  async function listingsOf(took: number): Promise<number> {
    let listings = 0;
    const payload = new Proxy(fields, {
      ownKeys: (target) => {
        listings++;
        return Reflect.ownKeys(target);
      },
    });
    jest.spyOn(Date, "now").mockImplementation(() => listings * took);
    const manager = new StorageManager({ store: new MemoryStore() });
    const message = await manager.dehydrate(payload, { scope: "s" });
    expect(await manager.hydrate(message)).toEqual(fields);
    return listings;
  }

  afterEach(() => jest.restoreAllMocks());

  it("is asked for its keys twice: to decide, and to be written", async () => {
    expect(await listingsOf(0)).toBe(2);
  });

  it("is asked once more if that took long, since others had their turn in between", async () => {
    expect(await listingsOf(10)).toBe(3);
  });
});
