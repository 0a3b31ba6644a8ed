import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson } from "../support/stored.js";

/** A chain of so many references: hydrating it takes as many hops. */
async function chain(store: MemoryStore, hops: number): Promise<StorageReference> {
  let reference = await putJson(store, "the end");
  for (let i = 1; i < hops; i++) reference = await putJson(store, { next: reference });
  return reference;
}

function nested(levels: number, innermost: unknown): unknown {
  let value = innermost;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe("maxRecursionDepth", () => {
  it.each([
    { limit: undefined, most: 10 },
    { limit: 3, most: 3 },
    { limit: 2, most: 2 },
    { limit: 1, most: 2 },
    { limit: 0, most: 2 },
    { limit: 25, most: 25 },
  ])("of $limit lets $most hops pass, and not one more", async ({ limit, most }) => {
    const inner = new MemoryStore();
    const store = new RecordingStore(inner);
    const ofManager = new StorageManager({ store, maxRecursionDepth: limit });
    const ofCall = new StorageManager({ store });
    const options = { maxRecursionDepth: limit };
    const longest = await chain(inner, most);
    await expect(ofManager.hydrate(longest)).resolves.toBeDefined();
    await expect(ofCall.hydrate(longest, options)).resolves.toBeDefined();

    store.calls.length = 0;
    const tooLong = await chain(inner, most + 1);
    for (const hydrate of [() => ofManager.hydrate(tooLong), () => ofCall.hydrate(tooLong, options)]) {
      const error = await failureOf(hydrate());
      expect(error).toMatchObject({ code: "RECURSION_LIMIT", operation: "hydrate" });
      expect(error.message).toContain(`more than ${most} reference hops (maxRecursionDepth)`);
      expect(error.message).toContain(`as far as ${most} of ${most} references`);
    }
    expect(store.paths("read")).toHaveLength(2 * most); // nothing is read for the hop that is too much
  });

  it("does not count the nesting of JSON", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, maxRecursionDepth: 1 });
    const deep = nested(1000, "innermost");
    const reference = await putJson(store, nested(600, 7));
    const hydrated = await manager.hydrate({ deep, inside: nested(400, reference) });
    expect(JSON.stringify(hydrated)).toBe(JSON.stringify({ deep, inside: nested(1000, 7) }));
  });
});

describe("maxReferences", () => {
  it.each([
    { limit: undefined, most: 10_000 },
    { limit: 4, most: 4 },
    { limit: 1, most: 1 },
    { limit: 0, most: 0 },
  ])("of $limit lets $most occurrences pass, and not one more", async ({ limit, most }) => {
    const inner = new MemoryStore();
    const store = new RecordingStore(inner);
    const reference = await putJson(inner, 1);
    const manager = new StorageManager({ store, maxReferences: limit });
    const many = (count: number) => Array.from({ length: count }, () => reference);
    await expect(manager.hydrate(many(most))).resolves.toHaveLength(most);
    await expect(new StorageManager({ store }).hydrate(many(most), { maxReferences: limit })).resolves.toBeDefined();
    store.calls.length = 0;
    const error = await failureOf(manager.hydrate(many(most + 1)));
    expect(error).toMatchObject({ code: "BUDGET_EXCEEDED", operation: "hydrate" });
    expect(error.message).toContain(`more than ${most} references (maxReferences)`);
    expect(error.message).toContain(`as far as 0 of ${most + 1} references and 0 bytes`);
    expect(store.calls).toEqual([]);
  });

  it("counts those inside of objects, at every place of them", async () => {
    const store = new MemoryStore();
    const leaf = await putJson(store, 1);
    const branch = await putJson(store, [leaf, leaf, leaf]);
    const value = [branch, branch]; // 2 and 6
    const hydrate = (maxReferences: number) => new StorageManager({ store, maxReferences }).hydrate(value);
    await expect(hydrate(8)).resolves.toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const error = await failureOf(hydrate(7));
    expect(error.code).toBe("BUDGET_EXCEEDED");
    expect(error.message).toContain(`as far as 2 of 8 references and ${2 * branch.$storageSize} bytes`);
  });

  it("counts references of resolvers", async () => {
    const resolvers = [{ key: "$bubuA", resolve: () => Promise.resolve(1) }];
    const manager = new StorageManager({ resolvers, maxReferences: 1 });
    await expect(manager.hydrate([{ $bubuA: 1 }])).resolves.toEqual([1]);
    expect((await failureOf(manager.hydrate([{ $bubuA: 1 }, { $bubuA: 2 }]))).code).toBe("BUDGET_EXCEEDED");
  });
});

describe("maxBytes", () => {
  it("is counted at every place that an object is put, before any I/O where sizes are declared", async () => {
    const inner = new MemoryStore();
    const store = new RecordingStore(inner);
    const [a, b] = [await putJson(inner, longText("a")), await put(inner, Buffer.alloc(50), { contentType: "a/b" })];
    const value = [a, b, { a }];
    const exact = 2 * a.$storageSize + 50;
    await expect(new StorageManager({ store, maxBytes: exact }).hydrate(value)).resolves.toBeDefined();
    await expect(new StorageManager({ store }).hydrate(value, { maxBytes: exact })).resolves.toBeDefined();
    expect(store.paths("read")).toHaveLength(4);
    store.calls.length = 0;
    for (const hydrate of [
      () => new StorageManager({ store, maxBytes: exact - 1 }).hydrate(value),
      () => new StorageManager({ store }).hydrate(value, { maxBytes: exact - 1 }),
    ]) {
      const error = await failureOf(hydrate());
      expect(error).toMatchObject({ code: "BUDGET_EXCEEDED", operation: "hydrate" });
      expect(error.message).toContain(`more than ${exact - 1} decoded bytes (maxBytes)`);
      expect(error.message).toContain("as far as 0 of 3 references and 0 bytes");
    }
    expect(store.calls).toEqual([]);
  });

  it("is 256 MiB by default", async () => {
    const store = new RecordingStore();
    const reference = {
      $storageRef: "outputs/s/a.bin",
      $storageContentType: "a/b",
      $storageSize: 268_435_456,
      $storageDigest: `sha256-${"A".repeat(43)}`,
    };
    const manager = new StorageManager({ store });
    expect((await failureOf(manager.hydrate(reference))).code).toBe("NOT_FOUND");
    const over = { ...reference, $storageSize: 268_435_457 };
    expect((await failureOf(manager.hydrate(over))).code).toBe("BUDGET_EXCEEDED");
    expect(store.paths("read")).toHaveLength(1);
  });

  it("counts over the levels", async () => {
    const store = new MemoryStore();
    const leaf = await putJson(store, longText("leaf"));
    const root = await putJson(store, [leaf, leaf]);
    const exact = root.$storageSize + 2 * leaf.$storageSize;
    await expect(new StorageManager({ store, maxBytes: exact }).hydrate(root)).resolves.toHaveLength(2);
    const error = await failureOf(new StorageManager({ store, maxBytes: exact - 1 }).hydrate(root));
    expect(error.message).toContain(`as far as 1 of 3 references and ${root.$storageSize} bytes`);
  });

  it("ends the reading of an object whose size nobody declared", async () => {
    const inner = new MemoryStore();
    const store = new RecordingStore(inner);
    const path = "outputs/s/a.json";
    await putJson(inner, longText("a"), path);
    const size = (await inner.stat(path))!.size;
    const reference = { $bubuStorageRef: path };
    await expect(new StorageManager({ store, maxBytes: size }).hydrate(reference)).resolves.toBe(longText("a"));
    store.calls.length = 0;
    const error = await failureOf(new StorageManager({ store, maxBytes: size - 1 }).hydrate(reference));
    expect(error.code).toBe("BUDGET_EXCEEDED");
    expect(store.paths("cancel")).toEqual([path]);
    const twice = [reference, reference];
    const secondTooMuch = await failureOf(new StorageManager({ store, maxBytes: 2 * size - 1 }).hydrate(twice));
    expect(secondTooMuch.message).toContain(`as far as 1 of 2 references and ${size} bytes`);
    await expect(new StorageManager({ store, maxBytes: 2 * size }).hydrate(twice)).resolves.toHaveLength(2);
  });

  it("stops a bomb: an object that refers to another many times, which does so again", async () => {
    const store = new MemoryStore();
    let reference = await putJson(store, longText("a", 1000));
    for (let level = 0; level < 9; level++)
      reference = await putJson(
        store,
        Array.from({ length: 10 }, () => reference),
      );
    const error = await failureOf(new StorageManager({ store }).hydrate(reference));
    expect(error.code).toBe("BUDGET_EXCEEDED");
  });
});

describe("references in a circle", () => {
  const ref = ($bubuStorageRef: string, $bubuStoragePath?: string) => ({
    $bubuStorageRef,
    ...($bubuStoragePath !== undefined && { $bubuStoragePath }),
  });
  const [A, B, C] = ["outputs/s/a.json", "outputs/s/b.json", "outputs/s/c.json"];

  it.each<[string, string, Record<string, unknown>]>([
    ["itself", "self", { [A]: { self: ref(A) } }],
    ["itself, by a part of it", "self", { [A]: { self: ref(A, "other"), other: 1 } }],
    ["another that leads back", "[0].back", { [A]: [ref(B)], [B]: { back: ref(A) } }],
    ["another that leads back to a part", "x", { [A]: { x: ref(B, "y") }, [B]: { y: ref(A, "x") } }],
    ["a third that leads back to the second", "[0][0]", { [A]: [ref(B)], [B]: [ref(C)], [C]: [1, [ref(B)]] }],
  ])("are CYCLIC_REFERENCE: to %s", async (_, way, objects) => {
    const store = new RecordingStore();
    for (const [path, data] of Object.entries(objects)) await putJson(store.inner, data, path);
    for (const value of [ref(A), [1, { a: ref(A) }], ref(A, way)]) {
      store.calls.length = 0;
      const error = await failureOf(new StorageManager({ store }).hydrate(value));
      expect(error).toMatchObject({ code: "CYCLIC_REFERENCE", operation: "hydrate", path: expect.any(String) });
      expect(store.paths("read")).toHaveLength(Object.keys(objects).length);
    }
  });

  it("are none where one object is in several places, or above another beside it", async () => {
    const store = new MemoryStore();
    await putJson(store, "c", C);
    await putJson(store, [ref(C), ref(C)], B);
    await putJson(store, { b: ref(B), c: ref(C) }, A);
    const hydrated = await new StorageManager({ store }).hydrate([ref(C), ref(B), ref(A)]);
    expect(hydrated).toEqual(["c", ["c", "c"], { b: ["c", "c"], c: "c" }]);
  });

  it("are named so, and not as a hop too many, before the limit is reached", async () => {
    const store = new MemoryStore();
    await putJson(store, [ref(A)], A);
    const error = await failureOf(new StorageManager({ store, maxRecursionDepth: 2 }).hydrate(ref(A)));
    expect(error.code).toBe("CYCLIC_REFERENCE");
  });
});
