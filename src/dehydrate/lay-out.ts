import { types } from "node:util";
import { LINE_UNITS, lineEnds, storedObjectSize, type EncodedObject } from "../object/stored-object.js";
import { schemaTagOf, type LayoutOptions } from "../plan/layouts/layout.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { handOver } from "../store/body.js";
import { encodeEntry, encodeSmallEntry, type EntryCodecs } from "./encode-entry.js";
import { EntryPacker } from "./entry-packer.js";
import type { NewObject } from "./object-writer.js";
import { sha256 } from "../bytes/digest.js";
import type { PlannedPayload } from "./plan-payload.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import type { SourceOutcome } from "./streams/store-sources.js";

// Bytes of JSON up to which a value is encoded and hashed in one go.
const SMALL = 65_536;

/**
 * Returns whether only one small JSON value or text leaves, and is stored as it is. Most payloads with entries are
 * so.
 */
export function isLoneEntry({ plan: { entries }, budget }: PlannedPayload, { codecs }: DehydrateSettings): boolean {
  const [entry] = entries;
  if (entry === undefined || entries.length > 1 || entry.kind === "binary" || entry.leastStoredSize > SMALL)
    return false;
  return codecs.encodings.length === 0 && budget?.isTight !== true;
}

/**
 * Makes the object of the only entry that leaves, and fills in the reference to it. There is no other entry to share
 * the object with, and no need for steps.
 *
 * @throws {StorageError} `UNSERIALIZABLE` when the value is no JSON any more
 */
export function loneObject(
  { plan, layout, layoutOptions }: PlannedPayload,
  { canonical }: DehydrateSettings,
): NewObject & { readonly body: Uint8Array } {
  const entry = plan.entries[0]!;
  const tag = schemaTagOf(entry, layoutOptions);
  const body = encodeSmallEntry(entry, tag, canonical);
  const size = body.byteLength;
  entry.settle(size - storedObjectSize(entry.kind === "raw" ? "raw" : "json", 0, tag));
  const digest = sha256(body);
  const path = layout.objectPath(entry, digest);
  layout.fillSlot(entry, { path, size, digest });
  return { path, body, size, contentType: "application/json" };
}

/** An object, or a step on the way to one. */
export type LayOutStep = NewObject | Promise<unknown> | undefined;

// Bytes around a value in its StoredObject, the end of the line, and some more for escapes.
const ENVELOPE_SIZE = 64;

/**
 * Encodes the entries, lays them out in objects, and fills in the references to them. Entries with the same content
 * are stored once. Each object is made when it is asked for. The generator yields `undefined` between steps of work,
 * where other tasks may get their turn. It yields a promise that must be awaited.
 *
 * @param sources the results of the binary entries
 * @param codecs the codecs for the bytes of entries; without them there are no promises
 * @throws {StorageError} `BUDGET_EXCEEDED` where the budget of the result is tight
 */
export function* layOut(
  { plan, layout, layoutOptions, budget }: PlannedPayload,
  settings: Pick<DehydrateSettings, "canonical" | "pack">,
  sources: ReadonlyMap<PlannedEntry, SourceOutcome>,
  codecs?: EntryCodecs,
): Generator<LayOutStep, void, undefined> {
  // Binary comes first, because the other entries may hold references to it.
  const binary = new EntryPacker(
    "binary",
    layout,
    layoutOptions.pack,
    expectedSize(plan.entries, "binary", layoutOptions),
  );
  for (const entry of settings.canonical ? byPath(plan.entries) : plan.entries) {
    const source = sources.get(entry);
    if (source === undefined) continue;
    if ("stored" in source) layout.fillSlot(entry, source.stored);
    else yield* addTo(binary, entry, source.bytes, codecs);
  }
  yield* binary.end();

  const json = new EntryPacker("json", layout, layoutOptions.pack, expectedSize(plan.entries, "json", layoutOptions));
  for (const entry of settings.canonical ? byPath(plan.entries) : plan.entries) {
    if (entry.kind === "binary") continue;
    const tag = schemaTagOf(entry, layoutOptions);
    let encoded = yield* encodeEntry(entry, tag, settings);
    if (budget?.isTight === true) {
      // If references are in a text, the size that it reports is only an upper bound.
      if (!(encoded instanceof Uint8Array)) encoded = handOver(encoded.toBuffer());
      budget.takeEncoded(encoded.byteLength);
    }
    const size = encoded instanceof Uint8Array ? encoded.byteLength : encoded.size;
    if (!entry.holdsBinary) {
      const lines = encoded instanceof Buffer && size > LINE_UNITS ? lineEnds(encoded) : 0;
      entry.settle(size - lines - storedObjectSize(entry.kind, 0, tag));
    }
    yield* addTo(json, entry, encoded, codecs);
  }
  yield* json.end();
}

function* addTo(
  packer: EntryPacker,
  entry: PlannedEntry,
  content: EncodedObject | Uint8Array,
  codecs: EntryCodecs | undefined,
): Generator<LayOutStep, void, undefined> {
  if (codecs === undefined) {
    yield* packer.add(entry, content);
    return;
  }
  const bytes = content instanceof Uint8Array ? content : content.toBuffer();
  const key = codecs.encrypts ? plainKey(entry, bytes) : undefined;
  if (key !== undefined && packer.addEqual(entry, key)) return;
  const encoded = yield* settled(codecs.encode(entry, bytes));
  yield* packer.add(entry, encoded.bytes, encoded.encodings, key);
}

/** Returns the result, after waiting for it if it is a promise. */
function* settled<T>(result: T | Promise<T>): Generator<Promise<unknown>, T, undefined> {
  if (!types.isPromise(result)) return result;
  let value: T | undefined;
  yield result.then((later) => (value = later));
  return value as T;
}

/** Returns what entries that can be stored once have in common. Their encrypted bytes would never be equal. */
function plainKey({ contentType }: PlannedEntry, bytes: Uint8Array): string {
  return `${contentType} ${sha256(bytes).toString("latin1")}`;
}

/** Returns the bytes that will probably share objects. */
function expectedSize(entries: readonly PlannedEntry[], kind: "json" | "binary", { pack }: LayoutOptions): number {
  if (pack === false) return 0;
  let size = 0;
  for (const { kind: entryKind, leastStoredSize } of entries) {
    if ((entryKind === "binary") === (kind === "binary") && leastStoredSize <= pack.maxEntrySize) {
      size += leastStoredSize + ENVELOPE_SIZE;
    }
  }
  return size;
}

/** Sorts entries in an order that does not depend on the order of keys. */
function byPath(entries: readonly PlannedEntry[]): PlannedEntry[] {
  const keyed = entries.map((entry) => ({ entry, key: JSON.stringify(entry.path) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ entry }) => entry);
}
