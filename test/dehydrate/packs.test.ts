import fc from "fast-check";
import { isStorageError } from "../../src/errors/error.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { TieredStore } from "../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { limited } from "../support/limited-store.js";
import { longText } from "../support/payloads.js";
import { putJsonPack, putPack } from "../support/packed.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson, referenceTo, storedJson } from "../support/stored.js";
import { StuckStore } from "../support/stuck-store.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

const KiB = 1024;

/** The ranges that were read, in their order. */
function rangesOf(store: RecordingStore): unknown[] {
  return store.calls
    .filter(({ operation }) => operation === "read")
    .map(({ options: { offset, length } }) => (offset === undefined ? "whole" : [offset, length]));
}

const texts = (count: number, size: number) => Array.from({ length: count }, (_, i) => longText(`text ${i} `, size));

describe("entries that share an object", () => {
  it("come with one read: 1,350 of 2 KiB", async () => {
    const store = new RecordingStore();
    const values = texts(1350, 2048);
    const references = await putJsonPack(store.inner, values);
    await expect(new StorageManager({ store }).hydrate(references)).resolves.toEqual(values);
    expect(store.paths("read")).toHaveLength(1);
  });

  it("come with one read of what is wanted, from its first byte to its last", async () => {
    const store = new RecordingStore();
    const values = texts(10, 100);
    const references = await putJsonPack(store.inner, values);
    const { $storageOffset: begin } = references[3]!;
    const { $storageOffset: offset, $storageSize: size } = references[6]!;
    const hydrated = await new StorageManager({ store }).hydrate({ a: references[6], b: [references[3]] });
    expect(hydrated).toEqual({ a: values[6], b: [values[3]] });
    expect(rangesOf(store)).toEqual([[begin, offset + size - begin]]);
  });

  it("come by several reads where less than half of what is between them is wanted", async () => {
    const store = new RecordingStore();
    const references = await putJsonPack(store.inner, texts(5, 300 * KiB));
    const [first, second, , , last] = references;
    const manager = new StorageManager({ store });
    await manager.hydrate([last, first]);
    expect(rangesOf(store)).toEqual([first, last].map((r) => [r!.$storageOffset, r!.$storageSize]));
    store.calls.length = 0;
    await manager.hydrate([last, first, second]);
    expect(rangesOf(store)).toEqual([[0, last!.$storageOffset + last!.$storageSize]]);
  });

  it("are read over 8 MiB more than is wanted at most, in one call", async () => {
    const store = new RecordingStore();
    const small = Buffer.from("x");
    const between = Buffer.alloc(100 * KiB);
    const entries = Array.from({ length: 200 }, () => small);
    const references = await putPack(store.inner, entries, { between, contentType: "a/b" });
    await new StorageManager({ store }).hydrate(references);
    const read = store.calls
      .filter(({ operation }) => operation === "read")
      .reduce((sum, { options }) => sum + options.length!, 0);
    expect(read).toBeLessThanOrEqual(8 * KiB * KiB + 2 * entries.length);
    expect(read).toBeGreaterThan(7 * KiB * KiB);
  });

  it("are binary of small and no size too, each with bytes of its own", async () => {
    const store = new RecordingStore();
    const entries = [Buffer.from("abc"), Buffer.alloc(0), Buffer.from("defg")];
    const references = await putPack(store.inner, entries, { between: Buffer.alloc(0), contentType: "image/png" });
    const hydrated = await new StorageManager({ store }).hydrate<Uint8Array[]>([...references, references[0]]);
    expect(hydrated).toEqual([...entries, entries[0]!].map((entry) => new Uint8Array(entry)));
    for (const bytes of hydrated) expect(bytes.buffer.byteLength).toBe(bytes.byteLength); // nothing keeps the pack
    hydrated[0]!.fill(0);
    expect(hydrated[3]).toEqual(new Uint8Array(entries[0]!));
    expect(rangesOf(store)).toEqual([[0, 7]]);
    store.calls.length = 0;
    await expect(new StorageManager({ store }).hydrate(references[1])).resolves.toEqual(new Uint8Array());
    expect(store.calls).toEqual([]);
  });

  it("hold references to entries of the same object and of others, which are the next level", async () => {
    const store = new RecordingStore();
    const [inner] = await putPack(store.inner, [Buffer.from("bytes")], { contentType: "image/png" });
    const [leaf, branch] = await putJsonPack(store.inner, ["leaf", { inner, list: [inner] }]);
    const [root] = await putJsonPack(store.inner, [{ leaf, branch }]);
    const bytes = new Uint8Array(Buffer.from("bytes"));
    const expected = { leaf: "leaf", branch: { inner: bytes, list: [bytes] } };
    await expect(new StorageManager({ store }).hydrate({ root, leaf })).resolves.toEqual({
      root: expected,
      leaf: "leaf",
    });
    expect(store.paths("read")).toHaveLength(4); // the first entry is not read again with the second
  });

  it("are each fetched once, and their digests are their own", async () => {
    const store = new RecordingStore();
    const references = await putJsonPack(store.inner, ["a", "b", "a"]);
    const wrong = { ...references[1]!, $storageDigest: references[0]!.$storageDigest };
    const manager = new StorageManager({ store });
    await expect(manager.hydrate([...references, ...references])).resolves.toEqual(["a", "b", "a", "a", "b", "a"]);
    expect((await failureOf(manager.hydrate([references[0], wrong]))).code).toBe("INTEGRITY");
  });
});

describe("hydration of packs gives what a model gives", () => {
  const entries = fc.array(
    fc.record({ size: fc.nat(3000), gap: fc.oneof(fc.nat(3), fc.nat(400 * KiB)), binary: fc.boolean() }),
    { minLength: 1, maxLength: 12 },
  );
  const wanted = fc.array(fc.nat(11), { maxLength: 30 });

  it.each(["ranges", "no ranges"])("in a store with %s", async (kind) => {
    await fc.assert(
      fc.asyncProperty(entries, wanted, async (described, picks) => {
        const inner = new MemoryStore();
        const parts: Buffer[] = [];
        const references: StorageReference[] = [];
        const values: unknown[] = [];
        let offset = 0;
        for (const [index, { size, gap, binary }] of described.entries()) {
          const value = binary ? Buffer.alloc(size, index) : longText(`é${index}`, size);
          const bytes = binary ? (value as Buffer) : storedJson(value);
          parts.push(bytes, Buffer.alloc(gap, " "));
          const reference = referenceTo("outputs/s/a.pack", bytes, binary ? "a/b" : undefined);
          references.push({ ...reference, $storageOffset: offset });
          values.push(binary ? new Uint8Array(value as Buffer) : value);
          offset += bytes.byteLength + gap;
        }
        await inner.write("outputs/s/a.pack", Buffer.concat(parts));
        const store = new RecordingStore(kind === "ranges" ? inner : limited(["rangeRead"], inner));
        const indexes = picks.map((pick) => pick % described.length);
        const hydrated = await new StorageManager({ store }).hydrate(indexes.map((index) => references[index]));
        expect(hydrated).toEqual(indexes.map((index) => values[index]));
        const distinct = new Set(indexes.filter((index) => references[index]!.$storageSize > 0));
        const reads = store.paths("read").length;
        if (kind === "ranges") expect(reads).toBeLessThanOrEqual(distinct.size);
        else expect(reads).toBe(Math.min(distinct.size, 1));
      }),
      { numRuns: 60 },
    );
  });
});

describe("a reference into a pack that is not what was written", () => {
  const LAST = Number.MAX_SAFE_INTEGER;

  it.each([
    ["past the end", 10_000],
    ["far past the end", LAST - 1000],
    ["in the middle of an entry", 3],
    ["over two entries", 30],
  ])("is an INTEGRITY error: %s", async (_, $storageOffset) => {
    for (const store of [new MemoryStore(), limited(["rangeRead"])]) {
      const [a, b] = await putJsonPack(store, ["first", "second"]);
      const manager = new StorageManager({ store });
      for (const value of [{ ...a, $storageOffset }, [b, { ...a, $storageOffset }, a]]) {
        const error = await failureOf(manager.hydrate(value));
        expect(error).toMatchObject({ code: "INTEGRITY", path: a!.$storageRef, store: "memory" });
      }
    }
  });

  it("is refused without I/O where it would end where no object can", async () => {
    const store = new RecordingStore();
    const [a] = await putJsonPack(store.inner, ["first"]);
    const manager = new StorageManager({ store });
    for (const offset of [LAST, LAST - a!.$storageSize + 1]) {
      const reference = { ...a!, $storageOffset: offset };
      expect((await failureOf(manager.hydrate([a, reference]))).code).toBe("INVALID_REFERENCE");
      expect((await failureOf(manager.open(reference))).code).toBe("INVALID_REFERENCE");
    }
    expect(store.calls).toEqual([]);
  });

  it("is BUDGET_EXCEEDED before any I/O where overlapping parts have more bytes together than may be read", async () => {
    const store = new RecordingStore();
    const [a] = await putJsonPack(store.inner, [longText("a", 100_000)]);
    const overlapping = Array.from({ length: 50 }, (_, i) => ({ ...a!, $storageOffset: i }));
    const manager = new StorageManager({ store, maxBytes: 50 * a!.$storageSize - 1 });
    expect((await failureOf(manager.hydrate(overlapping))).code).toBe("BUDGET_EXCEEDED");
    expect(store.calls).toEqual([]);
    const enough = new StorageManager({ store });
    expect((await failureOf(enough.hydrate(overlapping))).code).toBe("INTEGRITY");
    expect(rangesOf(store)).toEqual([[0, a!.$storageSize + 49]]);
  });

  it("fails, and is given up, when the store brings more than it was asked for", async () => {
    const inner = new MemoryStore();
    const [a] = await putJsonPack(inner, ["first", "second"]);
    const read = inner.read.bind(inner);
    inner.read = (path, options) => read(path, { signal: options?.signal }); // a store that knows no ranges, and doesn't say so
    const store = new RecordingStore(inner);
    expect((await failureOf(new StorageManager({ store }).hydrate(a))).code).toBe("INTEGRITY");
    expect(store.paths("cancel")).toHaveLength(1);
  });

  it("is DECODE_FAILED where it is no StoredObject, though the digest is right", async () => {
    const store = new MemoryStore();
    const [a] = await putPack(store, [Buffer.from("[1]"), Buffer.from("{")]);
    expect((await failureOf(new StorageManager({ store }).hydrate(a))).code).toBe("DECODE_FAILED");
  });

  it("is NOT_FOUND where there is no pack", async () => {
    const store = new MemoryStore();
    const references = await putJsonPack(store, ["first", "second"]);
    await store.delete(references[0]!.$storageRef);
    expect((await failureOf(new StorageManager({ store }).hydrate(references))).code).toBe("NOT_FOUND");
  });
});

describe("a store that can't read a part of an object", () => {
  it("is read whole, once in a call, over all levels", async () => {
    const store = new RecordingStore(limited(["rangeRead"]));
    const path = "outputs/s/a.pack";
    const leaf = storedJson("leaf");
    const reference = { ...referenceTo(path, leaf), $storageOffset: 0 };
    const branch = storedJson([reference]);
    await store.inner.write(path, Buffer.concat([leaf, branch]));
    const value = { ...referenceTo(path, branch), $storageOffset: leaf.length };
    const manager = new StorageManager({ store });
    await expect(manager.hydrate([value, { value }])).resolves.toEqual([["leaf"], { value: ["leaf"] }]);
    expect(rangesOf(store)).toEqual(["whole"]);
    const opened = await manager.open(value);
    expect(JSON.parse(Buffer.from(await opened.bytes()).toString())).toEqual([reference]);
  });

  it("is read to at most maxBytes, of all objects together", async () => {
    const inner = limited(["rangeRead"]);
    const store = new RecordingStore(inner);
    const packs = await Promise.all(["a", "b"].map((name) => putJsonPack(inner, [name, longText(name, 5000)])));
    const size = (await inner.stat(packs[0]![0]!.$storageRef))!.size;
    const value = packs.map(([first]) => first!);
    // Besides what is wanted, whose bytes are counted where they are put.
    const rest = 2 * (size - value[0]!.$storageSize);
    await expect(new StorageManager({ store, maxBytes: rest }).hydrate(value)).resolves.toEqual(["a", "b"]);
    const error = await failureOf(new StorageManager({ store, maxBytes: rest - 1 }).hydrate(value));
    expect(error).toMatchObject({ code: "BUDGET_EXCEEDED", operation: "hydrate" });
    expect(error.message).toContain("maxBytes");
    await expect(new StorageManager({ store, maxBytes: size }).hydrate(value[0])).resolves.toBe("a");
  });

  it("gives the bytes of binary in it as a stream, from the beginning of the part to its end", async () => {
    for (const chunkSize of [1, 3, 4, 100]) {
      const store = limited(["rangeRead"]);
      const entries = [Buffer.from("abc"), Buffer.from("defgh"), Buffer.from("ij")];
      const references = await putPack(store, entries, { contentType: "image/png" });
      const chunked = new TappedStore((_, proceed) => proceed(), store);
      const read = store.read.bind(store);
      let given = 0;
      store.read = async (...args) => {
        const result = await read(...args);
        return {
          ...result,
          async *[Symbol.asyncIterator]() {
            const bytes = await result.bytes();
            for (let at = 0; at < bytes.byteLength; at += chunkSize) {
              given++;
              yield bytes.subarray(at, at + chunkSize);
            }
          },
        };
      };
      const manager = new StorageManager({ store: chunked });
      for (const [index, reference] of references.entries()) {
        given = 0;
        const bytes = await (await manager.open(reference)).bytes();
        expect(Buffer.from(bytes).toString()).toBe(entries[index]!.toString());
        const end = reference.$storageOffset + reference.$storageSize;
        expect(given).toBe(Math.ceil(end / chunkSize));
      }
    }
  });
});

describe("an abort while a store that can't read a part of an object hangs", () => {
  const open = async (manager: StorageManager, reference: StorageReference, signal: AbortSignal) =>
    (await manager.open(reference, { signal })).bytes();

  it.each([
    ["hydrate", 0],
    ["hydrate", 1],
    ["hydrate", 2],
    ["open", 0],
    ["open", 1],
  ] as const)("ends %s at step %i, and frees the body", async (verb, step) => {
    for (const contentType of ["application/json", "image/png"]) {
      const inner = limited(["rangeRead"]);
      const [, second] = await putPack(inner, [storedJson("a"), storedJson("b")], { contentType });
      const reference = { ...second!, $storageRef: "outputs/s/a.pack" };
      await inner.copy(second!.$storageRef, reference.$storageRef);
      const store = new StuckStore(step, inner);
      const manager = new StorageManager({ store });
      const controller = new AbortController();
      const { signal } = controller;
      const call = verb === "hydrate" ? manager.hydrate(reference, { signal }) : open(manager, reference, signal);
      const failure = failureOf(call);
      await store.stuck;
      controller.abort("enough");
      expect(await failure).toMatchObject({ code: "ABORTED", cause: "enough" });
      if (step > 0) expect(store.cancelled).toBeGreaterThan(0);
      store.finish();
      await turn();
      expect(store.cancelled).toBeGreaterThan(0);
    }
  });
});

describe("packs in stores of stores", () => {
  it("come through a TieredStore and a RoutingStore, also by absolute paths", async () => {
    const [primary, other] = [new MemoryStore(), new MemoryStore()];
    const recorded = new RecordingStore(primary);
    const store = new RoutingStore({
      primary: new TieredStore({ remote: recorded }),
      schemes: { mem: () => limited(["rangeRead"], other) },
    });
    const values = texts(5, 100);
    const near = await putJsonPack(primary, values);
    const far = (await putJsonPack(other, values)).map((reference) => ({
      ...reference,
      $storageRef: `mem://bucket/${reference.$storageRef}`,
    }));
    const manager = new StorageManager({ store, allow: ["mem://bucket/outputs"] });
    await expect(manager.hydrate({ near, far })).resolves.toEqual({ near: values, far: values });
    await expect(manager.hydrate(far[2])).resolves.toBe(values[2]);
    expect(recorded.paths("read").length).toBeLessThanOrEqual(2);
  });

  it("say why the store of a path can't be asked what it can do", async () => {
    const store = new RoutingStore({
      primary: new MemoryStore(),
      schemes: { mem: () => Promise.reject(new Error("no such bucket")) },
    });
    const [a] = await putJsonPack(new MemoryStore(), ["a"]);
    const reference = { ...a, $storageRef: `mem://bucket/${a!.$storageRef}` };
    const error = await failureOf(new StorageManager({ store, allow: ["mem://bucket"] }).hydrate([reference]));
    expect(error.cause).toMatchObject({ message: "no such bucket" });
  });
});

describe("faults while a pack is read", () => {
  it("are typed, or the value is right", async () => {
    const inner = new MemoryStore();
    const values = texts(20, 500);
    const references = await putJsonPack(inner, values);
    const single = await putJson(inner, "single");
    const codes = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const store = new FaultStore(inner, {
        seed,
        faults: [
          { rate: 0.2, fault: { error: "UNAVAILABLE" } },
          { rate: 0.2, when: "after", fault: { error: "THROTTLED" } },
          { rate: 0.2, fault: { truncate: true } },
          { rate: 0.2, fault: { truncate: true, error: "TIMEOUT" } },
          { rate: 0.2, fault: { flip: true } },
        ],
      });
      const call = new StorageManager({ store }).hydrate([references, single]);
      const outcome: unknown = await call.catch((error: unknown) => error);
      if (isStorageError(outcome)) codes.add(outcome.code);
      else expect(outcome).toEqual([values, "single"]);
    }
    expect([...codes].sort()).toEqual(["INTEGRITY", "THROTTLED", "TIMEOUT", "UNAVAILABLE"]);
  });
});
