import { type StorageErrorCode, isStorageError } from "../../../src/errors/error.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { gzip } from "../../../src/codecs/gzip.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { RecordingStore } from "../../support/recording-store.js";
import { assert, assertEqual, assertPlain, settled, type Outcome } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { bucketOf, filled } from "../model/bucket.js";
import { hydratedByModel } from "../model/hydration-model.js";
import { CANARY, defineTarget } from "../target.js";

const LIMITS: readonly StorageErrorCode[] = ["BUDGET_EXCEEDED", "RECURSION_LIMIT", "CYCLIC_REFERENCE"];
const CODES: readonly StorageErrorCode[] = [
  ...LIMITS,
  "NOT_FOUND",
  "INVALID_REFERENCE",
  "UNKNOWN_SCHEME",
  "REFERENCE_DENIED",
  "INTEGRITY",
  "DECODE_FAILED",
];
const MAX_BYTES = 64 * 1024;
const MAX_REFERENCES = 64;

const native = { $storageContentType: "application/json", $storageSize: "?", $storageDigest: "?" };
const entry = (ref: string, more: object = {}): object => ({ $storageRef: ref, ...native, ...more });
const foreign = (ref: string): object => ({ $bubuStorageRef: ref });

/** What the model makes of it, or nothing where it would be an error. */
function modelOf(value: unknown, objects: ReadonlyMap<string, Uint8Array>): { value: unknown } | undefined {
  try {
    return { value: hydratedByModel(value, objects) };
  } catch {
    return undefined;
  }
}

function isLimited({ error }: Outcome<unknown>): boolean {
  return error !== undefined && LIMITS.includes(error.code);
}

/** `[objects, payload]`: what lies in the bucket, and what came through the broker. Both are hostile. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  isLinear: false, // what is fetched and decoded is bounded by budgets, not by the length of the payload
  seeds: [
    [{ "outputs/a.json": { json: { x: [1, "é"] } } }, { a: [entry("outputs/a.json")], b: entry("outputs/a.json") }],
    [
      { "outputs/p.pack": [{ json: 1 }, { json: [2] }] },
      [
        entry("outputs/p.pack", { $storageOffset: 0, $storageSize: 31 }),
        entry("outputs/p.pack", { $storageOffset: 31 }),
        entry("outputs/p.pack", { $storageOffset: 9_007_199_254_740_991, $storageSize: 2 }),
      ],
    ],
    [
      { "outputs/a": { json: foreign("outputs/b") }, "outputs/b": { json: [foreign("outputs/a")] } },
      foreign("outputs/a"),
    ],
    [
      { "outputs/b": { json: { $$storageRef: 1 } }, "outputs/a": { json: [entry("outputs/b"), foreign("outputs/b")] } },
      entry("outputs/a"),
    ],
    [{ "outputs/z": { gzip: { zeros: 100_000 } } }, entry("outputs/z", { $storageEncoding: "gzip" })],
    [{ "outputs/z": { gzip: { json: "x" } } }, entry("outputs/z", { $storageEncoding: "gzip", $storagePath: "" })],
    [{ "outputs/a.bin": "\u0000bytes" }, { b: entry("outputs/a.bin", { $storageContentType: "image/png" }) }],
    [{ "outputs/a": { json: { i: [{ k: 1 }, {}] } } }, entry("outputs/a", { $storagePath: "i[*].k" })],
    [
      { "outputs/a": { json: { i: [{ k: 1 }, { other: [entry("", { note: 1 })] }] } } },
      entry("outputs/a", { $storagePath: "i[*].k" }),
    ],
    [{ "secrets/a": { json: 1 } }, entry("secrets/a")],
    [
      { "outputs/a": { json: [entry("outputs/b", { note: 1 })] } },
      [entry("outputs/a"), entry("outputs/a", { note: 1 })],
    ],
    [{ "outputs/a": { json: [entry("outputs/b", { note: 1 })] } }, foreign("outputs/a")],
    [{}, { [CANARY]: [{ $storageRef: "outputs/a", note: 1 }] }],
    [{}, JSON.parse('{"__proto__":{"$storageRef":"outputs/a"},"$$$bubu":{"$storagePath":"__proto__"}}') as unknown],
  ],
  words: ["outputs/a", "inputs/a", "?", "gzip", "__proto__", "$storageOffset"],
  async run(input) {
    if (!Array.isArray(input) || input.length < 2) return;
    const bucket = bucketOf(input[0]);
    const payload = filled(input[1], bucket);
    const before = JSON.stringify(payload);
    const memory = new MemoryStore();
    for (const [path, bytes] of bucket) await memory.write(path, bytes);
    const hydrate = async (rangeRead: boolean, cached: boolean): Promise<Outcome<unknown>> => {
      const store = new RecordingStore(memory, { rangeRead });
      const manager = new StorageManager({
        store,
        codecs: [gzip()],
        maxBytes: MAX_BYTES,
        maxReferences: MAX_REFERENCES,
        maxRecursionDepth: 5,
        ...(cached && { readCache: { maxBytes: MAX_BYTES } }),
      });
      let outcome = await settled(CODES, () => manager.hydrate(payload));
      if (cached) outcome = await settled(CODES, () => manager.hydrate(payload));
      const read = store.paths("read");
      assert(
        read.every((path) => /^(?:outputs|inputs)(?:\/|$)/.test(path)),
        "It reads what it may not.",
      );
      assert(read.length <= 2 * MAX_REFERENCES, "It reads more often than there may be references.");
      return outcome;
    };

    const model = modelOf(payload, bucket);
    const outcome = await hydrate(true, false);
    assertEqual(JSON.stringify(payload), before, "The payload after it was hydrated");
    if (outcome.error === undefined) {
      assertPlain(outcome.value);
      assert(model !== undefined, "It hydrates what it must not.");
      assertEqual(outcome.value, model.value, "The hydrated value");
    } else if (!isLimited(outcome)) {
      assert(model === undefined, `It fails with ${outcome.error.code}, but could be hydrated.`);
    }
    // The same from a store that reads objects only whole, and from memory.
    for (const other of [await hydrate(false, false), await hydrate(true, true)]) {
      if (isLimited(outcome) || isLimited(other)) continue;
      assertEqual(other.value, outcome.value, "The value that is read in another way");
      assert(isStorageError(other.error) === isStorageError(outcome.error), "It fails in one of two ways to read.");
    }
  },
});
