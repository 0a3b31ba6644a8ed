import { setTimeout as delay } from "node:timers/promises";
import { StorageError } from "../../src/errors/error.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { RecordingStore } from "../support/recording-store.js";
import { checkedEntries, dehydrateChecked as dehydrate, textOf, texts } from "../support/stored-entries.js";
import { objectsOf } from "../support/stored.js";
import { someBytes } from "../support/stream-sources.js";
import { TappedStore } from "../support/tapped-store.js";

async function expectRoundTrip(payload: unknown, options: Omit<StorageManagerOptions, "store"> = {}) {
  const result = await dehydrate(payload, options);
  const hydrated = await result.manager.hydrate(JSON.parse(JSON.stringify(result.dehydrated)));
  expect(hydrated).toEqual(payload);
  return result;
}

describe("entries of up to maxEntrySize", () => {
  it("share an object, one a line, and one byte more has an object of its own", async () => {
    const pack = { maxEntrySize: 100, maxPackSize: 1000 };
    const { writes, offsets } = await expectRoundTrip([textOf(100, "a"), textOf(101, "b"), textOf(99, "c")], { pack });
    expect(writes.sort()).toEqual([".json", ".pack"]);
    expect(offsets).toEqual([0, undefined, 101]);
  });

  it("share one of up to maxPackSize: full to the byte, one byte more, and one entry more", async () => {
    const full = { maxEntrySize: 100, maxPackSize: 4 * 51 };
    expect((await expectRoundTrip(texts(4, 50), { pack: full })).sizes).toEqual([4 * 51]);
    const over = await expectRoundTrip([...texts(3, 50), textOf(51, 3)], { pack: full });
    expect(over.sizes.sort()).toEqual([3 * 51, 51]);
    const more = await expectRoundTrip(texts(5, 50), { pack: full });
    expect(more.writes.sort()).toEqual([".json", ".pack"]); // the last is alone
    expect(more.offsets).toEqual([0, 51, 102, 153, undefined]);
    const two = await expectRoundTrip(texts(6, 50), { pack: full });
    expect(two.offsets).toEqual([0, 51, 102, 153, 0, 51]);
  });

  it("are alone where maxEntrySize is maxPackSize, and have no place for the end of the line", async () => {
    const pack = { maxEntrySize: 120, maxPackSize: 120 };
    const { writes } = await expectRoundTrip([textOf(120, 1), textOf(119, 2), textOf(118, 3)], { pack });
    expect(writes).toEqual([".json", ".json", ".json"]);
    expect((await expectRoundTrip([textOf(59, 1), textOf(59, 2)], { pack })).writes).toEqual([".pack"]);
    expect((await expectRoundTrip([textOf(59, 1), textOf(60, 2)], { pack })).writes).toEqual([".json", ".json"]);
  });

  it("do not exist where that is 0, but for bytes that are none", async () => {
    const pack = { maxEntrySize: 0, maxPackSize: 1000 };
    const payload = [textOf(50, 1), new Uint8Array(1), new Uint8Array(0), new Uint8Array(0), textOf(50, 2)];
    const { writes, offsets } = await expectRoundTrip(payload, { pack });
    expect(writes.sort()).toEqual([".bin", ".bin", ".json", ".json"]);
    expect(new Set(offsets)).toEqual(new Set([undefined]));
  });

  it("are plain objects where there is one only", async () => {
    const { writes, references } = await expectRoundTrip({ a: textOf(50) });
    expect(writes).toEqual([".json"]);
    expect(references[0]).not.toHaveProperty("$storageOffset");
  });

  it("are large ones too: 64 KiB and more, which are made in steps", async () => {
    const records = (seed: number) => Array.from({ length: 3000 }, (_, i) => ({ i, n: (i + seed) / 7, t: "é" }));
    const payload = [records(1), records(2), textOf(100_000), records(3), textOf(100)];
    expect((await expectRoundTrip(payload)).writes).toEqual([".pack"]);
    expect((await expectRoundTrip(payload, { canonical: true })).writes).toEqual([".pack"]);
    const small = { maxEntrySize: 120_000, maxPackSize: 130_000 };
    expect((await expectRoundTrip(payload, { pack: small })).sizes.every((size) => size <= 140_000)).toBe(true);
  });

  it.each([
    ["a pack", 1_000_000, ".pack"],
    ["one object, where the references alone are over maxEnvelopeSize", 262_144, ".json"],
  ])("come with one request each way: 1,350 of 2 KiB, in %s", async (_name, maxEnvelopeSize, extension) => {
    const payload = { items: texts(1350, 2048) };
    const { store, writes, manager, dehydrated } = await dehydrate(payload, { maxInlineSize: 1024, maxEnvelopeSize });
    expect(writes).toEqual([extension]);
    store.calls.length = 0;
    expect(await manager.hydrate(dehydrated)).toEqual(payload);
    expect(store.paths("read")).toHaveLength(1);
    expect(store.paths("stat")).toEqual([]);
  });
});

describe("bytes of up to maxEntrySize", () => {
  it("share a .bin one after the other, and one alone is a plain one", async () => {
    const parts = [someBytes(10, "a"), someBytes(0), someBytes(200, "b"), someBytes(30, "c")].map(
      (b) => new Uint8Array(b),
    );
    const pack = { maxEntrySize: 100, maxPackSize: 1000 };
    const { writes, objects, references } = await expectRoundTrip({ parts, text: textOf(50) }, { pack });
    expect(writes.sort()).toEqual([".bin", ".bin", ".json"]);
    expect([...objects.values()].map(String)).toContain(Buffer.concat([parts[0]!, parts[3]!]).toString());
    expect(references.map(({ $storageOffset }) => $storageOffset)).toEqual([0, 10, undefined, 10, undefined]);
    expect((await expectRoundTrip([parts[3]], { pack })).offsets).toEqual([undefined]);
  });

  it("fill an object to the byte", async () => {
    const pack = { maxEntrySize: 40, maxPackSize: 40 };
    const parts = ["a", "b", "c"].map((seed) => new Uint8Array(someBytes(20, seed)));
    const { writes, offsets } = await expectRoundTrip(parts, { pack });
    expect([writes, offsets]).toEqual([
      [".bin", ".bin"],
      [0, 20, undefined],
    ]);
    expect((await expectRoundTrip([new Uint8Array(someBytes(40)), ...parts], { pack })).writes).toHaveLength(3);
  });

  it("stay entries of their own in what leaves whole, whose size is then known only when it is written", async () => {
    const unit = { bytes: [1, 2, 3].map((n) => new Uint8Array(n)), numbers: [Math.PI, Math.E], text: "x".repeat(300) };
    for (const filler of [1, 70_000]) {
      const payload = { units: [unit, { ...unit, filler: "y".repeat(filler) }] };
      await expectRoundTrip(payload, { maxRecursionDepth: 2 });
      await expectRoundTrip(payload, { maxRecursionDepth: 2, canonical: true });
      await expectRoundTrip(payload, { maxRecursionDepth: 2, pack: { maxEntrySize: 400, maxPackSize: 500 } });
    }
  });
});

describe("equal entries of one call", () => {
  it("are stored once: in one pack, and over packs", async () => {
    const [a, b, c, d] = texts(4, 60) as [string, string, string, string];
    const pack = { maxEntrySize: 60, maxPackSize: 130 };
    const one = await expectRoundTrip([a, a, b, a, b], { pack });
    expect([one.sizes, one.offsets]).toEqual([[122], [0, 0, 61, 0, 61]]);
    const over = await expectRoundTrip([a, b, c, a, d, b, c], { pack });
    expect(over.sizes.sort()).toEqual([122, 122]);
  });

  it("are stored once also when the first is alone in its object", async () => {
    const pack = { maxEntrySize: 800, maxPackSize: 1000 };
    const alone = textOf(700, "a");
    const { objects } = await expectRoundTrip([alone, textOf(500, "b"), textOf(80), alone, textOf(100)], { pack });
    expect([...objects.values()].filter((bytes) => bytes.includes(alone))).toHaveLength(1);
  });

  it("are stored once also when they are large, or bytes", async () => {
    const large = textOf(300, "large");
    const pack = { maxEntrySize: 100, maxPackSize: 1000 };
    const bytes = (size: number) => new Uint8Array(someBytes(size));
    const payload = { large, again: [large], bytes: [bytes(200), bytes(50), bytes(200), bytes(50)] };
    expect((await expectRoundTrip(payload, { pack })).writes.sort()).toEqual([".bin", ".bin", ".json"]);
    expect((await expectRoundTrip(payload, { pack: false })).writes.sort()).toEqual([".bin", ".bin", ".json"]);
    const streams = [new Blob([bytes(50)]), bytes(50), new Blob([bytes(50)], { type: "image/png" })];
    const { writes, references } = await dehydrate(streams, { pack });
    expect(writes).toEqual([".bin"]);
    expect(references.map((reference) => reference.$storageContentType)).toEqual([
      "application/octet-stream",
      "application/octet-stream",
      "image/png",
    ]);
  });

  it("and no other: a text is not the JSON that says the same", async () => {
    const payload = ["1".repeat(50), [["1".repeat(50)]], { a: "1".repeat(50) }];
    const { objects } = await expectRoundTrip(payload, { maxRecursionDepth: 1 });
    expect([...objects.values()].map(String)).toEqual([
      `{"contentType":"raw","data":"${payload[0] as string}"}\n` +
        `{"contentType":"json","data":${JSON.stringify(payload[1])}}\n` +
        `{"contentType":"json","data":${JSON.stringify(payload[2])}}\n`,
    ]);
  });
});

describe("what is written", () => {
  it("is the same for the same payload, also when streams end in another order", async () => {
    const payload = (slow: number) => ({
      a: (async function* () {
        await delay(slow === 0 ? 5 : 0);
        yield someBytes(100, "a");
      })(),
      b: (async function* () {
        await delay(slow === 1 ? 5 : 0);
        yield someBytes(50, "b");
      })(),
      texts: texts(10, 60),
      bytes: new Uint8Array(someBytes(70, "c")),
    });
    const [first, second] = [await dehydrate(payload(0)), await dehydrate(payload(1))];
    expect(second.dehydrated).toEqual(first.dehydrated);
    expect(second.objects).toEqual(first.objects);
    expect(first.writes.sort()).toEqual([".bin", ".pack"]);
  });

  it("is an object for each entry without packs, and in the other dialect", async () => {
    const payload = { a: textOf(50, 1), b: [textOf(60, 2), new Uint8Array(3)] };
    const { writes, offsets } = await expectRoundTrip(payload, { pack: false });
    expect(writes.sort()).toEqual([".bin", ".json", ".json"]);
    expect(offsets).toEqual([undefined, undefined, undefined]);
    const store = new MemoryStore();
    const manager = new StorageManager({ store, maxInlineSize: 20, dialect: "bubustack" });
    const dehydrated = await manager.dehydrate({ ...payload, c: textOf(50, 1) }, { scope: "s" });
    expect([...(await objectsOf(store)).keys()]).toEqual(
      ["a.json", "b.0.json", "b.1.bin", "c.json"].map((name) => `outputs/s/${name}`),
    );
    expect(JSON.stringify(dehydrated)).not.toContain("Offset");
  });

  it("says the schema in each reference, and in a StoredObject only of a whole payload", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, maxInlineSize: 20 });
    const tag = { schema: "order", schemaVersion: "2" };
    const parts = await manager.dehydrate([textOf(50, 1), textOf(50, 2)], { scope: "s", ...tag });
    const { references, entries } = await checkedEntries(store, parts);
    for (const reference of references)
      expect(reference).toMatchObject({ $storageSchema: "order", $storageSchemaVersion: "2" });
    for (const entry of entries) expect(entry.toString()).not.toContain("schema");
    const whole = new MemoryStore();
    await new StorageManager({ store: whole }).dehydrate(textOf(2000), { scope: "s", ...tag });
    expect(String([...(await objectsOf(whole)).values()])).toMatch(
      /^\{"contentType":"raw","schema":"order","schemaVersion":"2","data"/,
    );
  });

  it("says its media type", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store, maxInlineSize: 20 });
    await manager.dehydrate([...texts(2, 50), new Uint8Array(1), new Uint8Array(2)]);
    await manager.dehydrate([textOf(50), new Blob(["x"], { type: "image/png" })]);
    expect(store.calls.map(({ options }) => options.contentType)).toEqual([
      "application/octet-stream",
      "application/x-ndjson",
      "image/png",
      "application/json",
    ]);
  });
});

describe("pack options", () => {
  it.each<[unknown, string]>([
    [{ maxEntrySize: 101, maxPackSize: 100 }, "pack.maxEntrySize"],
    [{ maxPackSize: 262_143, maxEntrySize: 262_144 }, "pack.maxEntrySize"],
    [{ maxEntrySize: 8_388_609 }, "pack.maxEntrySize"],
    [{ maxEntrySize: -1 }, "pack.maxEntrySize"],
    [{ maxEntrySize: 1.5 }, "pack"],
    [{ maxEntrySize: "1" }, "pack"],
    [{ maxEntrySize: 0, maxPackSize: 0 }, "pack.maxPackSize"],
    [{ maxPackSize: 1e300 }, "pack"],
    [{ maxPackSize: 0.5 }, "pack"],
    [{ maxPackSize: null }, "pack"],
    [{ maxSize: 1 }, "maxSize"],
    [true, "pack"],
    ["8 MiB", "pack"],
    [null, "pack"],
    [0, "pack"],
  ])("%j are CONFIG_INVALID", (pack, named) => {
    let error: unknown;
    try {
      new StorageManager({ store: new MemoryStore(), pack } as unknown as StorageManagerOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StorageError);
    expect((error as StorageError).code).toBe("CONFIG_INVALID");
    expect((error as StorageError).message).toContain(named);
  });

  it.each<StorageManagerOptions["pack"]>([
    undefined,
    {},
    { maxEntrySize: 0 },
    { maxPackSize: 262_144 },
    { maxEntrySize: 1, maxPackSize: 1 },
    { maxEntrySize: Number.MAX_SAFE_INTEGER, maxPackSize: Number.MAX_SAFE_INTEGER },
  ])("%j are taken", async (pack) => {
    await expectRoundTrip([...texts(3, 60), new Uint8Array(2), new Uint8Array(0)], pack === undefined ? {} : { pack });
  });
});

describe("a pack that can't be written", () => {
  it("leaves nothing in a fresh scope, and fails with what the store says", async () => {
    const failure = new StorageError("INSUFFICIENT_STORAGE", "The disk is full.");
    for (const failing of [0, 1, 2, 3]) {
      let writes = 0;
      const store = new TappedStore(async (call, proceed) => {
        const result = await proceed(); // it may be there though the store says it is not
        if (call.operation === "write" && writes++ === failing) throw failure;
        return result;
      });
      const manager = new StorageManager({ store, maxInlineSize: 20, pack: { maxEntrySize: 50, maxPackSize: 200 } });
      const payload = { a: texts(6, 50), bytes: [new Uint8Array(1), new Uint8Array(2)], large: textOf(100) };
      expect(await failureOf(manager.dehydrate(payload))).toBe(failure);
      expect([writes > failing, (await objectsOf(store.inner)).size]).toEqual([true, 0]);
    }
  });
});
