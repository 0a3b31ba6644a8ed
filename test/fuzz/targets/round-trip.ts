import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { assert, assertEqual, assertPlain } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

const long = "x".repeat(80);

/** `[sizes, payload]`: how much stays inline, and any JSON value, which may look like references. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  isLinear: false, // what is offloaded is written, read and hashed
  seeds: [
    [{ inline: 16 }, { a: long, b: [long, { c: long }], "a.b": long }],
    [{ inline: 0, pack: false }, [[[1]], "é", { $storageRef: "outputs/a" }]],
    [
      { inline: 16, canonical: true },
      { b: { $bubuStorageRef: long }, a: { $$storageRef: [long] } },
    ],
    [{ inline: 8, depth: 1, entry: 50 }, { a: { b: { c: { d: [long, long, "y".repeat(90)] } } } }],
    [{ inline: 4 }, JSON.parse('{"__proto__":{"a":"xxxxxxxxxxx"},"":{"0":[-0,1e21,"\\ud800"]}}')],
  ],
  async run(input) {
    if (!Array.isArray(input) || input.length < 2) return;
    const [sizes, payload] = input as [unknown, unknown];
    const { inline, depth, pack, entry, canonical } = (typeof sizes === "object" ? (sizes ?? {}) : {}) as Record<
      string,
      unknown
    >;
    const count = (value: unknown, otherwise: number): number =>
      typeof value === "number" && value >= 0 && value < 4096 ? Math.floor(value) : otherwise;
    const manager = new StorageManager({
      store: new MemoryStore(),
      maxInlineSize: count(inline, 64),
      maxEnvelopeSize: 1024,
      maxRecursionDepth: 64,
      pack: pack === false ? false : { maxEntrySize: count(entry, 256), maxPackSize: 4096 },
      canonical: canonical === true,
    });
    const options = { scope: "fuzz", maxRecursionDepth: count(depth, 10) };
    const before = JSON.stringify(payload);
    const dehydrated = await manager.dehydrate(payload, options);
    assertEqual(JSON.stringify(payload), before, "The payload after it was dehydrated");
    assert(Buffer.byteLength(JSON.stringify(dehydrated)) <= 1024, "The result is larger than the envelope may be.");
    // It travels as JSON.
    const hydrated = await manager.hydrate(JSON.parse(JSON.stringify(dehydrated)));
    assertPlain(hydrated);
    assertEqual(hydrated, JSON.parse(before), "What comes back");
    if (canonical !== true)
      assertEqual(JSON.stringify(hydrated), before, "What comes back, with the order of its keys");
    assertEqual(await manager.dehydrate(payload, options), dehydrated, "The same dehydrated again");
  },
});
