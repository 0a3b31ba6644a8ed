import { abortable } from "../../async/abort.js";
import { beginSha256, digestText } from "../../bytes/digest.js";
import { streamName } from "../../object/object-name.js";
import type { StoredEntry } from "../../plan/layouts/layout.js";
import type { PlannedEntry } from "../../plan/planned-entry.js";
import { UNENCODED, type StreamEncoding } from "../../codecs/entry-encoding.js";
import { StorageError } from "../../errors/error.js";
import { locationBelow } from "../../paths/location.js";
import { storedContentType, type EntryCodecs } from "../encode-entry.js";
import type { ObjectWriter } from "../object-writer.js";
import type { PlannedPayload } from "../plan-payload.js";
import { SourceReader } from "./read-source.js";

/** Stores the streams of one call that are too long to be held in memory. */
export class StreamStorage {
  constructor(
    private readonly planned: PlannedPayload,
    private readonly codecs: EntryCodecs | undefined,
    private readonly writer: ObjectWriter,
  ) {}

  /**
   * Stores a stream of any size, in the memory of its chunks. The stream is written under a temporary name. When its
   * digest is known, the store copies it to the name of its content. The temporary object is deleted, whatever
   * happens. Where the store can't copy, the object keeps a name of its own.
   */
  async storeStream(entry: PlannedEntry, reader: SourceReader, signal: AbortSignal): Promise<StoredEntry> {
    const { writer } = this;
    const { layout, layoutOptions } = this.planned;
    // The name lies in the scope, with its label. So releasing the scope finds the object if this process dies.
    const freshPath = (extension: "part" | "bin"): string =>
      locationBelow(layoutOptions.prefix, `${layoutOptions.directory}/${streamName(extension)}`);
    const temporary = freshPath("part");
    const encoding = await this.codecs?.encodeStream(entry, reader.head);
    if (!(await writer.canCopy(temporary, signal))) {
      const own = await this.writeStream(entry, reader, freshPath("bin"), signal, encoding);
      await writer.place(nothing, () => writer.remove(own.path), signal);
      return own;
    }
    const remove = (): Promise<void> => writer.remove(temporary);
    const written = await this.writeStream(entry, reader, temporary, signal, encoding).catch(async (error: unknown) => {
      await remove();
      throw error;
    });
    const path = layout.objectPath(entry, written.digest);
    // The copy is made even if such an object exists. That object may be damaged, or expire before this one would. A
    // store may hang in spite of the signal. Nobody wants the copy then, so it may lose its source.
    const copy = (s: AbortSignal): Promise<void> => abortable(writer.copy(temporary, path, written.size, s), s);
    await writer.place((s) => copy(s).finally(remove), remove, signal);
    return { ...written, path };
  }

  /**
   * Writes a stream to one path.
   *
   * @param encoding how the bytes are encoded on the way
   * @throws {StorageError} the error of the source, or else of the store; `INTEGRITY` when the store did not take it
   *   all
   */
  async writeStream(
    { contentType }: PlannedEntry,
    reader: SourceReader,
    path: string,
    signal: AbortSignal,
    encoding = UNENCODED,
  ): Promise<StoredEntry> {
    const { writer } = this;
    const { encodings } = encoding;
    const body = new StreamBody(reader, encoding, signal);
    try {
      const info = await writer.write({ path, body, contentType: storedContentType(contentType, encodings) }, signal);
      if (!body.isWhole || info.size !== body.size) throw notWhole(path, writer);
      return { path, size: body.size, digest: body.digest(), encodings };
    } catch (error) {
      throw reader.failure ?? error; // stores wrap it in an error of their own
    }
  }

  /**
   * Stores a Blob of any size, in the memory of its chunks. Unlike a stream, a Blob can be read twice: for its digest,
   * and then straight to its place. It is read more often if a layer of the store repeats a write.
   */
  async storeBlob(entry: PlannedEntry, blob: Blob, signal: AbortSignal): Promise<StoredEntry> {
    const { writer } = this;
    const hash = beginSha256();
    let size = 0;
    for await (const chunk of chunksOf(new SourceReader(blob, entry.path), signal)) {
      hash.update(chunk);
      size += chunk.byteLength;
    }
    const digest = hash.digest();
    const path = this.planned.layout.objectPath(entry, digest);
    let reader: SourceReader | undefined;
    let current = signal; // the write may come later, as a step of its own
    const body = {
      [Symbol.asyncIterator]: () => chunksOf((reader = new SourceReader(blob, entry.path)), current),
    };
    const declared = { size, digest: digestText(digest) };
    const write = async (writeSignal: AbortSignal): Promise<void> => {
      current = writeSignal;
      try {
        await writer.write({ path, body, ...declared, contentType: entry.contentType }, writeSignal);
      } catch (error) {
        throw reader?.failure ?? error; // stores wrap it in an error of their own
      }
    };
    await writer.place(write, () => Promise.resolve(), signal);
    return { path, size, digest };
  }
}

async function nothing(): Promise<void> {
  // The object is already in its place.
}

function notWhole(path: string, { store }: ObjectWriter): StorageError {
  const details = { operation: "write", store: store.name, path };
  return new StorageError("INTEGRITY", "The store did not take the whole of a stream.", details);
}

// A chunk may be a gigabyte. Its digest is computed in pieces of this size, about 1 ms each, with the store's work
// between.
const PIECE_SIZE = 1_048_576;

/** A stream on its way into a store. It is read and encoded at the pace of the store. */
class StreamBody implements AsyncIterable<Uint8Array> {
  /** Bytes handed on, as they are stored. */
  size = 0;
  /** Whether the stream has ended well, and all of it was handed on. */
  isWhole = false;
  private readonly hash = beginSha256();
  private isBegun = false;

  constructor(
    private readonly reader: SourceReader,
    private readonly encoding: Pick<StreamEncoding, "encode">,
    private readonly signal: AbortSignal,
  ) {}

  /** Returns the SHA-256 of what was handed on. Call it once. */
  digest(): Buffer {
    return this.hash.digest();
  }

  /**
   * Iterates over the encoded bytes. A new iteration may begin until something was read. So a layer can repeat a
   * write that did not get so far.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.isBegun) {
      throw new StorageError("UNEXPECTED", "A stream can be read only once.", { operation: "write" });
    }
    this.isBegun = true;
    for await (const piece of this.encoding.encode(this.pieces())) {
      this.hash.update(piece);
      this.size += piece.byteLength;
      yield piece;
    }
    this.isWhole = true;
  }

  private async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const chunk = await this.reader.next(this.signal);
      if (chunk === undefined) return;
      for (let start = 0; start < chunk.byteLength; start += PIECE_SIZE) {
        yield chunk.subarray(start, start + PIECE_SIZE);
      }
    }
  }
}

async function* chunksOf(reader: SourceReader, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const chunk = await reader.next(signal);
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    reader.close(signal.reason);
  }
}
