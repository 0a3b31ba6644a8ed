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
import type { DehydrateSettings } from "../../configure/call-schemas.js";
import { StreamStorage } from "./store-stream.js";

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

/** Stores the binary entries of one call. */
export class SourceStorage {
  private readonly outcomes = new Map<PlannedEntry, SourceOutcome>();
  private readonly longStreams = new Semaphore(LONG_STREAMS);
  private readonly streams: StreamStorage;
  /** Bytes up to which an entry may share an object, so that the caller writes it. */
  private readonly maxPacked: number;

  constructor(
    private readonly planned: PlannedPayload,
    private readonly settings: DehydrateSettings,
    private readonly codecs: EntryCodecs | undefined,
    private readonly writer: ObjectWriter,
  ) {
    this.streams = new StreamStorage(planned, codecs, writer);
    this.maxPacked = settings.pack === false ? 0 : settings.pack.maxEntrySize;
  }

  /**
   * Reads the binary entries of a payload. Small entries, and bytes that are present as a whole, are left for the
   * caller to write. The others go to the store as they are read. If one fails, the owner of the sources ends all of
   * them.
   */
  async store(signal: AbortSignal): Promise<ReadonlyMap<PlannedEntry, SourceOutcome>> {
    await forEachConcurrent(this.open(), this.settings.concurrency, signal, async (source, groupSignal) => {
      const outcome = await this.storeSource(source, groupSignal);
      for (const entry of source.entries) {
        this.outcomes.set(entry, await this.outcomeAt(entry, outcome, groupSignal));
      }
    });
    return this.outcomes;
  }

  private open(): OpenSource[] {
    const opened = new Map<PayloadSource, OpenSource>();
    for (const entry of this.planned.plan.entries) {
      if (!("source" in entry.content)) continue;
      const { source } = entry.content;
      const sharers = opened.get(source)?.entries;
      if (source instanceof Uint8Array) this.outcomes.set(entry, { bytes: source });
      else if (sharers !== undefined) sharers.push(entry);
      else opened.set(source, this.openedSource(source, entry));
    }
    return [...opened.values()];
  }

  private openedSource(source: StreamSource, entry: PlannedEntry): OpenSource {
    const { sources, budget } = this.planned;
    const entries: OpenSource["entries"] = [entry];
    const isKnown = source instanceof Blob; // and was counted
    const onBytes = isKnown ? undefined : (bytes: number) => budget?.takeStreamed(bytes * entries.length);
    return { source, reader: sources.open(source, entry.path, onBytes), entries };
  }

  private async storeSource(
    { source, reader, entries: [entry] }: OpenSource,
    signal: AbortSignal,
  ): Promise<SourceOutcome> {
    const { codecs, streams } = this;
    const small = await this.held(entry, reader, Math.max(this.maxPacked, HEAD_SIZE), signal);
    if (small !== undefined) return small;
    const release = await this.longStreams.acquire(signal);
    try {
      // The names of that dialect do not depend on the content.
      if (this.settings.dialect === "bubustack") {
        const path = this.planned.layout.objectPath(entry, Buffer.alloc(32));
        return { stored: await streams.writeStream(entry, reader, path, signal) };
      }
      // With codecs, even a Blob is stored as a stream. Encrypting it a second time would give other bytes.
      if (source instanceof Blob && codecs === undefined) {
        reader.close(undefined);
        return { stored: await streams.storeBlob(entry, source, signal) };
      }
      const held = await this.held(entry, reader, LONG_HEAD_SIZE, signal);
      return held ?? { stored: await streams.storeStream(entry, reader, signal) };
    } finally {
      release();
    }
  }

  /** Returns the result for a source of at most `limit` bytes. Any other source can be read from its beginning. */
  private async held(
    entry: PlannedEntry,
    reader: SourceReader,
    limit: number,
    signal: AbortSignal,
  ): Promise<SourceOutcome | undefined> {
    const { writer } = this;
    const bytes = await readSmall(reader, limit, signal);
    if (bytes === undefined) return undefined;
    if (bytes.byteLength <= this.maxPacked || writer.holds(bytes.byteLength)) return { bytes };
    if (!writer.defers) return { stored: await this.writeBytes(entry, bytes, signal) };
    reader.putBack(bytes);
    return undefined;
  }

  private async writeBytes(entry: PlannedEntry, bytes: Uint8Array, signal: AbortSignal): Promise<StoredEntry> {
    const { codecs, writer } = this;
    const plain = { bytes, encodings: [] };
    const { bytes: body, encodings } = codecs === undefined ? plain : await codecs.encode(entry, bytes);
    const digest = sha256(body);
    const path = this.planned.layout.objectPath(entry, digest);
    const size = body.byteLength;
    await writer.write({ path, body, size, contentType: storedContentType(entry.contentType, encodings) }, signal);
    return { path, size, digest, encodings };
  }

  /** Returns the result for a source at one of its places. In bubustack's dialect each place has an object of its own. */
  private async outcomeAt(entry: PlannedEntry, outcome: SourceOutcome, signal: AbortSignal): Promise<SourceOutcome> {
    const { writer } = this;
    if ("bytes" in outcome) return outcome;
    const { stored } = outcome;
    const path = this.planned.layout.objectPath(entry, stored.digest);
    if (path === stored.path || !(await writer.canCopy(path, signal))) return outcome;
    await writer.copy(stored.path, path, stored.size, signal);
    return { stored: { ...stored, path } };
  }
}
