import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { brotli } from "../../src/codecs/brotli.js";
import { gzip } from "../../src/codecs/gzip.js";
import { withRetry } from "../../src/store/layers/index.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../src/testing/fault-store.js";
import { failureOf, thrownBy } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf } from "../support/stored.js";
import { someBytes, STREAMS } from "../support/stream-sources.js";

const keys = { k: randomBytes(32) };
const aes = aes256gcm({ keys, activeKeyId: "k" });
const both = [gzip(), aes];
const MIB = 1 << 20;

function managerOf(options: Omit<StorageManagerOptions, "store"> = {}, store = new RecordingStore()) {
  return { store, manager: new StorageManager({ store, ...options }) };
}

const encodingOf = (value: unknown): string | undefined => (value as StorageReference).$storageEncoding;
const same = (one: unknown, other: Uint8Array): boolean => Buffer.compare(one as Uint8Array, other) === 0;

describe("what is stored", () => {
  it("is encoded by what gains, which the reference says; what stays is as it was", async () => {
    const { store, manager } = managerOf({ codecs: [gzip()], pack: false });
    const noise = randomBytes(6000).toString("base64");
    const payload = {
      small: "stays",
      large: longText("a", 5000),
      noise: randomBytes(5000),
      medium: longText("m", 1030),
    };
    const dehydrated: unknown = await manager.dehydrate({ ...payload, nested: [noise] });
    const { small, large, noise: bytes, medium, nested } = dehydrated as Record<string, unknown>;
    expect(small).toBe("stays");
    expect([large, bytes, medium].map(encodingOf)).toEqual(["gzip", undefined, "gzip"]);
    expect((large as StorageReference).$storageSize).toBeLessThan(200);
    expect(encodingOf((nested as unknown[])[0])).toBe("gzip"); // base64 has 6 bits a byte
    const types = store.calls.map(({ options }) => options.contentType);
    expect(types.filter((type) => type === "application/octet-stream").length).toBe(4);
    await expect(manager.hydrate(dehydrated)).resolves.toEqual({
      ...payload,
      noise: new Uint8Array(payload.noise),
      nested: [noise],
    });
  });

  it("is plain under the minimum size of the codec", async () => {
    const { manager } = managerOf({ codecs: [gzip({ minSize: 2000 })], pack: false });
    const dehydrated = (await manager.dehydrate([longText("a", 1500), longText("b", 2500)])) as unknown[];
    expect(dehydrated.map(encodingOf)).toEqual([undefined, "gzip"]);
  });

  it("shows nothing of the payload when it is encrypted", async () => {
    const { store, manager } = managerOf({ codecs: [aes] });
    const secret = "a secret of the payload ";
    await manager.dehydrate({ text: secret.repeat(100), list: [Buffer.from(secret)], stream: new Blob([secret]) });
    for (const bytes of (await objectsOf(store.inner)).values()) expect(bytes.includes("secret")).toBe(false);
  });

  it("holds equal values once, also encrypted", async () => {
    for (const pack of [false, { maxEntrySize: 5000 }] as const) {
      const { store, manager } = managerOf({ codecs: both, pack });
      const [text, bytes, large] = [longText("a", 3000), someBytes(2000), randomBytes(400_000)];
      const shared = new Blob([someBytes(6 * MIB)]);
      const payload = { a: [text, text], b: [bytes, bytes], c: [large, Buffer.from(large)], d: [shared, shared] };
      const dehydrated: unknown = await manager.dehydrate(payload);
      for (const [one, other] of Object.values(dehydrated as Record<string, [StorageReference, StorageReference]>))
        expect(one).toEqual(other);
      const stored = [...(await objectsOf(store.inner)).values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(stored).toBeLessThan(400_000 + 3 * MIB);
      const hydrated = await manager.hydrate<Record<string, Uint8Array[]>>(dehydrated);
      expect(same(hydrated["c"]![1], large)).toBe(true);
      expect(hydrated["a"]).toEqual([text, text]);
    }
  });

  it("is the same each time without encryption, and never with it", async () => {
    const value = [longText("a", 3000)];
    const compressing = managerOf({ codecs: [gzip()], canonical: true }).manager;
    const of = (manager: StorageManager) => manager.dehydrate(value, { scope: "s" });
    expect(await of(compressing)).toEqual(await of(compressing));
    const encrypting = managerOf({ codecs: both, canonical: true }).manager;
    expect(await of(encrypting)).not.toEqual(await of(encrypting));
  });

  it("keeps references to binary inside of what leaves whole", async () => {
    const { manager } = managerOf({ codecs: both, maxRecursionDepth: 1 });
    const payload = { unit: { text: longText("a", 3000), bytes: someBytes(2000), deep: [[randomBytes(9)]] } };
    const dehydrated = (await manager.dehydrate(payload)) as { unit: StorageReference };
    expect(encodingOf(dehydrated.unit)).toBe("gzip,aes256gcm");
    const { unit } = payload;
    await expect(manager.hydrate(dehydrated, { maxRecursionDepth: 2 })).resolves.toEqual({
      unit: { text: unit.text, bytes: new Uint8Array(unit.bytes), deep: [[new Uint8Array(unit.deep[0]![0]!)]] },
    });
    const part = { ...dehydrated.unit, $storagePath: "text" };
    await expect(manager.hydrate(part, { maxRecursionDepth: 2 })).resolves.toBe(unit.text);
  });
});

describe("streams", () => {
  it.each(STREAMS)("of %s come back, of every size, hydrated and opened", async (_kind, make) => {
    for (const codecs of [[gzip()], [aes], [brotli({ quality: 1 }), aes]]) {
      const { manager } = managerOf({ codecs });
      for (const size of [0, 5000, 1_000_000, 6 * MIB]) {
        const bytes = someBytes(size, "stream");
        const reference = (await manager.dehydrate(make(bytes), { scope: "s" })) as StorageReference;
        expect(same(await manager.hydrate(reference), bytes)).toBe(true);
        expect(same(await (await manager.open(reference)).bytes(), bytes)).toBe(true);
      }
    }
  });

  it("that do not gain are stored as they are", async () => {
    const { manager } = managerOf({ codecs: both });
    const bytes = randomBytes(3 * MIB);
    const reference = await manager.dehydrate(Readable.from([bytes]));
    expect(encodingOf(reference)).toBe("aes256gcm");
    expect(same(await manager.hydrate(reference), bytes)).toBe(true);
  });

  it("that fail leave nothing behind", async () => {
    const { store, manager } = managerOf({ codecs: both });
    const failing = async function* () {
      for (let i = 0; i < 40; i++) yield await Promise.resolve(randomBytes(100_000));
      throw new Error("broken");
    };
    const error = await failureOf(manager.dehydrate([failing(), longText("a", 3000)], { scope: "s" }));
    expect(error).toMatchObject({
      code: "UNEXPECTED",
      cause: expect.objectContaining({ message: "broken" }) as unknown,
    });
    expect((await objectsOf(store.inner)).size).toBe(0);
  });
});

describe("reading", () => {
  async function stored(codecs: StorageManagerOptions["codecs"]) {
    const { store, manager } = managerOf({ codecs });
    return { store, dehydrated: await manager.dehydrate([longText("a", 3000), { b: longText("b", 3000) }]) };
  }
  const expected = [longText("a", 3000), { b: longText("b", 3000) }];

  it("undoes what the reference says, in its order, not in that of the manager", async () => {
    const { store, dehydrated } = await stored([gzip(), brotli({ minSize: 0 })]);
    for (const codecs of [
      [brotli(), gzip()],
      [gzip({ decodeOnly: true }), brotli({ decodeOnly: true })],
    ]) {
      await expect(managerOf({ codecs }, store).manager.hydrate(dehydrated)).resolves.toEqual(expected);
    }
  });

  it("refuses codecs that the manager was not given, before it reads", async () => {
    const { store, dehydrated } = await stored(both);
    for (const codecs of [[], [gzip()], [brotli(), aes]]) {
      store.calls.length = 0;
      const { manager } = managerOf({ codecs }, store);
      expect(await failureOf(manager.hydrate(dehydrated))).toMatchObject({
        code: "DECODE_FAILED",
        operation: "hydrate",
      });
      expect((await failureOf(manager.open((dehydrated as [StorageReference])[0]))).code).toBe("DECODE_FAILED");
      expect(store.calls).toEqual([]);
    }
  });

  it("takes what is not encrypted only where that is allowed", async () => {
    for (const codecs of [[], [gzip()]]) {
      const { store, dehydrated } = await stored(codecs);
      expect((await failureOf(managerOf({ codecs: both }, store).manager.hydrate(dehydrated))).code).toBe(
        "DECODE_FAILED",
      );
      const lenient = [gzip(), aes256gcm({ keys, activeKeyId: "k", allowUnencrypted: true })];
      await expect(managerOf({ codecs: lenient }, store).manager.hydrate(dehydrated)).resolves.toEqual(expected);
    }
  });

  it("goes on while keys change, and ends when a key is gone", async () => {
    const rotated = { ...keys, next: randomBytes(32) };
    const before = await stored(both);
    const after = [gzip(), aes256gcm({ keys: rotated, activeKeyId: "next" })];
    const { manager } = managerOf({ codecs: after }, before.store);
    await expect(manager.hydrate(before.dehydrated)).resolves.toEqual(expected);
    const fresh = await manager.dehydrate(expected);
    await expect(manager.hydrate(fresh)).resolves.toEqual(expected);
    expect((await failureOf(managerOf({ codecs: both }, before.store).manager.hydrate(fresh))).code).toBe(
      "DECODE_FAILED",
    );
    const dropped = [gzip(), aes256gcm({ keys: { next: rotated.next }, activeKeyId: "next" })];
    const error = await failureOf(managerOf({ codecs: dropped }, before.store).manager.hydrate(before.dehydrated));
    expect(error).toMatchObject({ code: "DECODE_FAILED", message: expect.stringContaining("key") as unknown });
  });

  it("keeps in its cache what is stored, and decodes it anew for each place", async () => {
    const { store, dehydrated } = await stored(both);
    const { manager } = managerOf({ codecs: both, readCache: { maxBytes: 100_000 } }, store);
    const first = await manager.hydrate<[string, object]>(dehydrated);
    store.calls.length = 0;
    const [, second] = await manager.hydrate<[string, object]>(dehydrated);
    expect(store.calls).toEqual([]);
    expect(second).toEqual(first[1]);
    expect(second).not.toBe(first[1]);
    // Enough for what is stored, not for what it becomes.
    const small = managerOf({ codecs: both, readCache: { maxBytes: 4000, maxEntrySize: 1000 } }, store).manager;
    await small.hydrate(dehydrated);
    store.calls.length = 0;
    await small.hydrate(dehydrated);
    expect(store.paths("read")).toEqual([]);
  });
});

describe("a dehydration that fails", () => {
  it("takes back what is encrypted, also in a scope of the user's own: it is nobody else's", async () => {
    const inner = new MemoryStore();
    const payload = [longText("a", 300_000), randomBytes(300_000)];
    const kept = await new StorageManager({ store: inner, codecs: both }).dehydrate(payload, { scope: "s" });
    const before = (await objectsOf(inner)).size;
    const store = new FaultStore(inner, { faults: [{ on: "write", calls: [2], fault: { error: "UNAVAILABLE" } }] });
    const manager = new StorageManager({ store, codecs: both, concurrency: 1, pack: false });
    expect((await failureOf(manager.dehydrate(payload, { scope: "s" }))).code).toBe("UNAVAILABLE");
    expect((await objectsOf(inner)).size).toBe(before);
    await expect(manager.hydrate(kept)).resolves.toHaveLength(2);
  });

  it("is repeated by a layer that retries, and what is stored is whole", async () => {
    const inner = new MemoryStore();
    // That of the stream can't be written again; its copy can, and so can the object of what is small.
    const faults = [{ on: ["write", "copy"], calls: [2, 4], fault: { lostAcknowledgement: true } }] as const;
    const faulty = new FaultStore(inner, { faults });
    const manager = new StorageManager({ store: withRetry(faulty, { baseDelay: 1 }), codecs: both });
    const bytes = someBytes(6 * MIB);
    const dehydrated = await manager.dehydrate([longText("a", 3000), new Blob([bytes])]);
    expect(faulty.injected.map(({ operation }) => operation)).toEqual(["copy", "write"]);
    expect(same((await manager.hydrate<unknown[]>(dehydrated))[1], bytes)).toBe(true);
    expect((await objectsOf(inner)).size).toBe(2);
  });
});

it.each<[string, unknown]>([
  ["a codec twice", [gzip(), gzip()]],
  ["compression after encryption", [aes, gzip()]],
  ["what is no codec", [{}]],
  ["no list", gzip()],
  ["codecs with names that references can't have", [{ ...gzip(), name: "a,b", prepare: 1 }]],
])("refuses %s", (_what, codecs) => {
  const error = thrownBy(() => managerOf({ codecs: codecs as never }));
  expect(error.code).toBe("CONFIG_INVALID");
  expect(error.message).toContain("codecs");
});

it("has no codecs in the dialect bubustack, but those that decode", () => {
  expect(() => managerOf({ codecs: [gzip()], dialect: "bubustack" })).toThrow("codecs");
  expect(() => managerOf({ codecs: [gzip({ decodeOnly: true })], dialect: "bubustack" })).not.toThrow();
});
