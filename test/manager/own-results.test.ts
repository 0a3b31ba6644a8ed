import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { isStorageError } from "../../src/errors/error.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { brotli } from "../../src/codecs/brotli.js";
import { gzip } from "../../src/codecs/gzip.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { jsonValue, wideValueWithBytes } from "../plan/payload-arbitrary.js";
import { LIMITS } from "../support/limits-arbitrary.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { signingOptions } from "../support/signing.js";

/*
 * Whatever the dehydrate of a manager gives, its own hydrate reads; what it could not read is refused, and leaves nothing
 * behind. OWN_RESULT_RUNS says how many managers are tried.
 */
const RUNS = Number(process.env["OWN_RESULT_RUNS"] ?? 150);

const aes = aes256gcm({ keys: { current: randomBytes(32) }, activeKeyId: "current" });
const CODECS = [[], [], [gzip({ minSize: 0 })], [brotli({ minSize: 30, quality: 1 })], [aes], [gzip(), aes]];

const budgets = {
  maxReferences: fc.oneof(fc.nat({ max: 6 }), fc.constant(10_000)),
  maxBytes: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 3000 }), fc.constant(268_435_456)),
  outputPrefix: fc.constantFrom("outputs", "runs/out"),
  inputPrefix: fc.constantFrom("inputs", "runs/in"),
  allow: fc.constant(["archive"]),
};
const native = fc.record({
  ...LIMITS,
  ...budgets,
  codecs: fc.constantFrom(...CODECS),
  signing: fc.constantFrom(undefined, signingOptions(), signingOptions({ audience: "a" })),
});
const bubustack = fc.record({ ...LIMITS, ...budgets, dialect: fc.constant("bubustack" as const) });

interface Case {
  readonly options: StorageManagerOptions;
  readonly call: object;
  readonly payload: unknown;
  readonly streams: readonly number[];
  readonly times: number;
}

/** Without what would be passed on as a reference to something that nobody stored. */
const plain = wideValueWithBytes.filter((value) => !/torageRef/.test(JSON.stringify(value)));
const passing = native.map((options) => ({ ...options, references: "pass" }));
const escaping = native.map((options) => ({ ...options, references: "escape" }));

const call = fc.record(
  { scope: fc.constantFrom("s", "a/b"), prefix: fc.constantFrom("archive", "archive/x"), schema: fc.constant("order") },
  { requiredKeys: [] },
);
const shape = {
  call,
  streams: fc.oneof(fc.constant([]), fc.array(fc.nat({ max: 400 }), { maxLength: 3 })),
  times: fc.integer({ min: 1, max: 4 }),
};
const casesOf = (options: fc.Arbitrary<object>, payload: fc.Arbitrary<unknown>): fc.Arbitrary<Case> =>
  fc.record({ ...shape, options: options, payload });
const cases = fc.oneof(
  { weight: 3, arbitrary: casesOf(escaping, wideValueWithBytes) },
  { weight: 1, arbitrary: casesOf(escaping, jsonValue) },
  { weight: 1, arbitrary: casesOf(passing, plain) },
  { weight: 1, arbitrary: casesOf(bubustack, plain) },
);

async function paths(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list("")) found.push(path);
  return found;
}

/** Dehydrates and hydrates, by way of JSON. @returns what came of it */
async function tryCase(one: Case, rangeRead: boolean): Promise<"read" | "refused"> {
  const memory = new MemoryStore();
  const store = new RecordingStore(memory, { rangeRead });
  const manager = new StorageManager({ store, ...one.options });
  const sized = one.streams.map((size) => Buffer.alloc(size, "s"));
  const payload = {
    of: Array.from({ length: one.times }, () => one.payload),
    streams: sized.map((bytes) => Readable.from([bytes])),
  };
  const expected = { of: payload.of, streams: sized.map((bytes) => new Uint8Array(bytes)) };
  let dehydrated: unknown;
  try {
    dehydrated = await manager.dehydrate(payload, one.call);
  } catch (error) {
    if (!isStorageError(error, "BUDGET_EXCEEDED")) throw error;
    if (one.options.dialect !== "bubustack") expect(await paths(memory)).toEqual([]);
    // It is refused for what hydration would refuse.
    const { maxReferences, maxBytes, ...rest } = one.options;
    const larger = new StorageManager({ store, ...rest });
    const fresh = { ...payload, streams: sized.map((bytes) => Readable.from([bytes])) };
    const written: unknown = JSON.parse(JSON.stringify(await larger.dehydrate(fresh, one.call)));
    await expect(larger.hydrate(written, { maxReferences, maxBytes })).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
    });
    return "refused";
  }
  const travelled: unknown = JSON.parse(JSON.stringify(dehydrated));
  const hydrated = await manager.hydrate(travelled);
  expect(isDeepStrictEqual(hydrated, expected)).toBe(true);
  return "read";
}

it("are read by the manager that wrote them, or refused before anything is left behind", async () => {
  const outcomes = { read: 0, refused: 0 };
  const property = fc.asyncProperty(cases, fc.boolean(), async (one, rangeRead) => {
    outcomes[await tryCase(one, rangeRead)]++;
  });
  await fc.assert(property, { numRuns: RUNS });
  expect(outcomes.read).toBeGreaterThan(RUNS / 5);
  expect(outcomes.refused).toBeGreaterThan(RUNS / 10);
}, 600_000);

const refused = async (call: Promise<unknown>): Promise<string> => {
  const error = await failureOf(call);
  expect(error).toMatchObject({ code: "BUDGET_EXCEEDED", operation: "dehydrate" });
  return error.message;
};

describe("a result that its own manager could not hydrate", () => {
  it("is refused for its references, before anything is written: the defaults take 10,000 small Buffers", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    const buffers = (count: number): unknown[] => Array.from({ length: count }, () => Buffer.from("x"));
    // One of them leaves for the whole list, which is longer than an envelope.
    await expect(manager.hydrate(await manager.dehydrate(buffers(9_999)))).resolves.toHaveLength(9_999);
    store.calls.length = 0;
    const message = await refused(manager.dehydrate(buffers(10_000)));
    expect(message).toContain("10001 references");
    expect(() => manager.plan(buffers(10_000))).toThrow("maxReferences");
    await refused(manager.dehydrateInputs(buffers(10_000)));
    await refused(manager.forTenant("t").dehydrate(buffers(10_000)));
    expect(store.calls).toEqual([]);
  });

  it("counts what is stored once at every place, and no two places share it", async () => {
    const store = new RecordingStore();
    const shared = { list: [longText("a")], bytes: new Uint8Array(1000) };
    const payload = Array.from({ length: 400 }, () => shared);
    const manager = new StorageManager({ store, maxReferences: 801 });
    const dehydrated: unknown = JSON.parse(JSON.stringify(await manager.dehydrate(payload, { scope: "s" })));
    const hydrated = await manager.hydrate<(typeof shared)[]>(dehydrated);
    expect(hydrated).toEqual(payload);
    const mutables = hydrated.flatMap((item) => [item, item.list, item.bytes, item.bytes.buffer]);
    expect(new Set<unknown>(mutables).size).toBe(1600);
    const { size } = (await store.inner.stat((await paths(store))[0]!))!;
    expect(size).toBeLessThan(20_000);
    store.calls.length = 0;
    await refused(new StorageManager({ store, maxReferences: 799 }).dehydrate(payload, { scope: "s" }));
    await refused(new StorageManager({ store, maxBytes: 400 * 2500 }).dehydrate(payload, { scope: "s" }));
    expect(store.calls).toEqual([]);
  });

  it.each([0, 1])("is none for its hops, also with maxRecursionDepth: %i", async (maxRecursionDepth) => {
    const manager = new StorageManager({ store: new MemoryStore(), maxRecursionDepth });
    const payload = { a: { t: longText("t", 2000), b: new Uint8Array(3) } };
    await expect(manager.hydrate(await manager.dehydrate(payload))).resolves.toEqual(payload);
    await expect(manager.hydrate(await manager.dehydrateInputs(payload))).resolves.toEqual(payload);
  });

  it("counts references that are passed on, signed ones and those of resolvers too", async () => {
    const store = new MemoryStore();
    const other = new StorageManager({ store, references: "pass", signing: signingOptions() });
    const passed = (await other.dehydrate(longText("a", 5000), { scope: "s" })) as { $storageSize: number };
    const payload = { passed: [passed, passed], own: longText("b") };
    const writer = (budgets: object, more: object = {}): StorageManager =>
      new StorageManager({ store, signing: signingOptions(), ...budgets, ...more });
    for (const references of ["escape", "pass"] as const) {
      await expect(writer({ maxReferences: 3, references }).dehydrate(payload)).resolves.toBeDefined();
      await refused(writer({ maxReferences: 2, references }).dehydrate(payload));
      await refused(writer({ maxBytes: 2 * passed.$storageSize + 1500, references }).dehydrate(payload));
      await refused(writer({ maxReferences: 1, references }).dehydrate([passed, passed]));
    }
    const resolvers = [{ key: "$bubuA", resolve: () => Promise.resolve(1) }];
    const resolving = new StorageManager({ store, resolvers, references: "pass", maxReferences: 1 });
    await expect(resolving.dehydrate([{ $bubuA: 1 }])).resolves.toBeDefined();
    await refused(resolving.dehydrate([{ $bubuA: 1 }, { $bubuA: 1 }]));
    // Where references are signed they do nothing, and cost nothing.
    const signed = writer({ maxReferences: 1 }, { resolvers, references: "pass" });
    await expect(signed.dehydrate([{ $bubuA: 1 }, { $bubuA: 1 }])).resolves.toBeDefined();
  });

  it.each([undefined, "s"])(
    "is refused as soon as its streams are too long, and leaves nothing: scope %s",
    async (scope) => {
      const store = new RecordingStore();
      const manager = new StorageManager({ store, maxBytes: 12_000_000 });
      let taken = 0;
      async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
        for (;;) {
          taken += 100_000;
          yield Buffer.alloc(100_000, await Promise.resolve("e"));
        }
      }
      const first = Buffer.alloc(6_000_000, "f");
      const earlier = await manager.dehydrate([Readable.from([first])], { scope: "s" });
      const before = await paths(store);
      await refused(manager.dehydrate([Readable.from([first]), endless()], { scope }));
      expect(taken).toBeLessThan(13_000_000);
      expect(await paths(store)).toEqual(before);
      const [again] = await manager.hydrate<[Uint8Array]>(earlier);
      expect(first.equals(again)).toBe(true); // the same content was there before
      // In two places a stream counts twice.
      const twice = Readable.from([Buffer.alloc(6_100_000, "t")]);
      await refused(manager.dehydrate([twice, twice], { scope }));
      await refused(manager.dehydrate([new Blob([Buffer.alloc(12_000_001)])], { scope }));
      expect(await paths(store)).toEqual(before);
      const both = [
        Readable.from([first]),
        Readable.from([Buffer.alloc(5_900_000, "g")]),
        Readable.from([Buffer.alloc(90_000)]),
      ];
      await expect(manager.hydrate(await manager.dehydrate(both, { scope }))).resolves.toHaveLength(3);
      expect((await paths(store)).filter((path) => path.endsWith(".part"))).toEqual([]);
    },
  );

  it.each([1000, 3_000_000])(
    "is refused for what its text and a Blob have together, and no Blob is written: %i bytes",
    async (size) => {
      const payload = [longText("t"), new Blob([Buffer.alloc(size, "b")])];
      const larger = new StorageManager({ store: new MemoryStore(), pack: false });
      let bytes = 0;
      await larger.hydrate(await larger.dehydrate(payload), { onProgress: (progress) => (bytes = progress.bytes) });
      const store = new RecordingStore();
      const managerOf = (maxBytes: number): StorageManager => new StorageManager({ store, pack: false, maxBytes });
      await refused(managerOf(bytes - 1).dehydrate(payload, { scope: "s" }));
      expect(store.calls).toEqual([]);
      const exactly = managerOf(bytes);
      await expect(exactly.hydrate(await exactly.dehydrate(payload, { scope: "s" }))).resolves.toHaveLength(2);
    },
  );

  it("without a store is told of that", async () => {
    const manager = new StorageManager({ maxBytes: 10 });
    expect((await failureOf(manager.dehydrate(longText("a")))).code).toBe("STORAGE_DISABLED");
    expect(manager.plan(longText("a")).entries).toHaveLength(1);
  });
});
