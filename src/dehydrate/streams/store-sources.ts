import { sha256 } from "../../bytes/digest.js";
import type { PlannedEntry } from "../../plan/planned-entry.js";
import type { StoredEntry } from "../../plan/layouts/layout.js";
import type { PayloadSource, StreamSource } from "../../plan/source.js";
import { Semaphore } from "../../store/layers/semaphore.js";
import { storedContentType, type EntryCodecs } from "../encode-entry.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import type { ObjectWriter } from "../object-writer.js";
import type { PlannedPayload } from "../plan-payload.js";
import { readSmall, type SourceReader } from "./read-source.js";
import type { ResultBudget } from "../result-budget.js";
import type { SourceOwner } from "./source-owner.js";
import type { DehydrateSettings } from "../../configure/call-schemas.js";
import { storeBlob, storeStream, writeStream } from "./store-stream.js";

/** The result for a binary entry: bytes that are still to be written, or an entry that is already stored. */
export type SourceOutcome = { readonly bytes: Uint8Array } | { readonly stored: StoredEntry };

// Bytes up to which a stream is read before it is written, with one request instead of three. 16 streams at a time
// take 32 MiB.
const HEAD_SIZE = 2_097_152;

// Longer streams that are written at a time. Each takes the memory that the store needs for one, in S3 16 MiB and
// more.
const LONG_STREAMS = 4;

// Bytes up to which a longer stream is read before it is written. A body too small for parts in S3 is one request
// too. A temporary object, its copy and its removal are three.
const LONG_HEAD_SIZE = 5_242_880;

/** A Blob or stream of a payload, and its places. A stream at several places can be read only once. */
interface OpenSource {
  readonly source: StreamSource;
  readonly reader: SourceReader;
  readonly entries: [PlannedEntry, ...PlannedEntry[]];
}

/**
 * Reads the binary entries of a payload. Small entries, and bytes that are present as a whole, are left for the
 * caller to write. The others go to the store as they are read. If one fails, the owner of the sources ends all of
 * them.
 */
export async function storeSources(
  planned: PlannedPayload,
  settings: DehydrateSettings,
  codecs: EntryCodecs | undefined,
  writer: ObjectWriter,
  signal: AbortSignal,
): Promise<Map<PlannedEntry, SourceOutcome>> {
  const outcomes = new Map<PlannedEntry, SourceOutcome>();
  const opened = new Map<PayloadSource, OpenSource>();
  open(planned, outcomes, opened);
  const longStreams = new Semaphore(LONG_STREAMS);
  await forEachConcurrent([...opened.values()], settings.concurrency, signal, async (source, groupSignal) => {
    const outcome = await storeSource(source, planned, settings, codecs, writer, longStreams, groupSignal);
    for (const entry of source.entries) {
      outcomes.set(entry, await outcomeAt(entry, outcome, planned, writer, groupSignal));
    }
  });
  return outcomes;
}

function open(
  { plan: { entries }, sources, budget }: PlannedPayload,
  outcomes: Map<PlannedEntry, SourceOutcome>,
  opened: Map<PayloadSource, OpenSource>,
): void {
  for (const entry of entries) {
    if (!("source" in entry.content)) continue;
    const { source } = entry.content;
    const sharers = opened.get(source)?.entries;
    if (source instanceof Uint8Array) outcomes.set(entry, { bytes: source });
    else if (sharers !== undefined) sharers.push(entry);
    else opened.set(source, openedSource(source, entry, sources, budget));
  }
}

function openedSource(
  source: Exclude<PayloadSource, Uint8Array>,
  entry: PlannedEntry,
  sources: SourceOwner,
  budget: ResultBudget | undefined,
): OpenSource {
  const entries: OpenSource["entries"] = [entry];
  const isKnown = source instanceof Blob; // and was counted
  const onBytes = isKnown ? undefined : (bytes: number) => budget?.takeStreamed(bytes * entries.length);
  return { source, reader: sources.open(source, entry.path, onBytes), entries };
}

async function storeSource(
  { source, reader, entries: [entry] }: OpenSource,
  planned: PlannedPayload,
  { pack, dialect }: DehydrateSettings,
  codecs: EntryCodecs | undefined,
  writer: ObjectWriter,
  longStreams: Semaphore,
  signal: AbortSignal,
): Promise<SourceOutcome> {
  const packed = pack === false ? 0 : pack.maxEntrySize;
  /** Returns the result for a source of at most `limit` bytes. Any other source can be read from its beginning. */
  const held = async (limit: number): Promise<SourceOutcome | undefined> => {
    const bytes = await readSmall(reader, limit, signal);
    if (bytes === undefined) return undefined;
    if (bytes.byteLength <= packed || writer.holds(bytes.byteLength)) return { bytes };
    if (!writer.defers) return { stored: await writeBytes(entry, bytes, planned, codecs, writer, signal) };
    reader.putBack(bytes);
    return undefined;
  };
  const small = await held(Math.max(packed, HEAD_SIZE));
  if (small !== undefined) return small;
  const release = await longStreams.acquire(signal);
  try {
    // The names of that dialect do not depend on the content.
    if (dialect === "bubustack") {
      const path = planned.layout.objectPath(entry, Buffer.alloc(32));
      return { stored: await writeStream(entry, reader, path, writer, signal) };
    }
    // With codecs, even a Blob is stored as a stream. Encrypting it a second time would give other bytes.
    if (source instanceof Blob && codecs === undefined) {
      reader.close(undefined);
      return { stored: await storeBlob(entry, source, planned, writer, signal) };
    }
    return (
      (await held(LONG_HEAD_SIZE)) ?? { stored: await storeStream(entry, reader, planned, codecs, writer, signal) }
    );
  } finally {
    release();
  }
}

async function writeBytes(
  entry: PlannedEntry,
  bytes: Uint8Array,
  { layout }: PlannedPayload,
  codecs: EntryCodecs | undefined,
  writer: ObjectWriter,
  signal: AbortSignal,
): Promise<StoredEntry> {
  const plain = { bytes, encodings: [] };
  const { bytes: body, encodings } = codecs === undefined ? plain : await codecs.encode(entry, bytes);
  const digest = sha256(body);
  const path = layout.objectPath(entry, digest);
  const size = body.byteLength;
  await writer.write({ path, body, size, contentType: storedContentType(entry.contentType, encodings) }, signal);
  return { path, size, digest, encodings };
}

/** Returns the result for a source at one of its places. In bubustack's dialect each place has an object of its own. */
async function outcomeAt(
  entry: PlannedEntry,
  outcome: SourceOutcome,
  { layout }: PlannedPayload,
  writer: ObjectWriter,
  signal: AbortSignal,
): Promise<SourceOutcome> {
  if ("bytes" in outcome) return outcome;
  const { stored } = outcome;
  const path = layout.objectPath(entry, stored.digest);
  if (path === stored.path || !(await writer.canCopy(path, signal))) return outcome;
  await writer.copy(stored.path, path, stored.size, signal);
  return { stored: { ...stored, path } };
}
