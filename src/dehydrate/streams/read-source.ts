import { formatPayloadPath, type PayloadPath } from "../../plan/payload-path.js";
import type { StreamSource } from "../../plan/source.js";
import { abortable, throwIfAborted } from "../../async/abort.js";
import { StorageError } from "../../errors/error.js";
import { GatheredBytes } from "../../bytes/gathered-bytes.js";
import { ChunkBytes } from "../../bytes/chunk-bytes.js";
import { giveUp } from "../../async/give-up.js";
import { sourceFailure } from "../../store/source-failure.js";
import { openSource, type OpenSource } from "../../store/source.js";

/** Reads one Blob or stream of a payload, once, at the pace of its caller. */
export class SourceReader {
  readonly #path: PayloadPath;
  readonly #source: OpenSource;
  readonly #bytes = new ChunkBytes();
  // Chunks that were put back, to be returned again.
  readonly #unread: Uint8Array[] = [];
  #failure: StorageError | undefined;
  #isOver = false;
  #isClosed = false;

  /**
   * Opens the source.
   *
   * @param path where the source stands in the payload, for messages
   * @param onBytes is called with the number of bytes as they come; if it throws, the source ends
   * @throws {StorageError} `UNEXPECTED` for a stream that is locked, destroyed, or was read already; the code of the
   *   stream's own error, if that is a StorageError
   */
  constructor(
    source: StreamSource,
    path: PayloadPath,
    private readonly onBytes?: (bytes: number) => void,
  ) {
    this.#path = path;
    try {
      this.#source = openSource(source);
    } catch (cause) {
      throw this.#failed("can't be read; see the cause.", cause);
    }
  }

  /** Why the source failed, if it did. */
  get failure(): StorageError | undefined {
    return this.#failure;
  }

  /** Bytes that were put back, and come next. */
  get head(): Uint8Array {
    return this.#unread[0] ?? new Uint8Array();
  }

  /**
   * Returns the next bytes, never an empty chunk. Returns `undefined` when the source has ended. The bytes may change
   * with the next call, because a source may use its memory again.
   *
   * @throws {StorageError}
   * - `UNEXPECTED`, or the code of a StorageError, when the source fails
   * - `UNSERIALIZABLE` when the source returns anything other than bytes or strings
   * - `ABORTED` promptly, even while the source hangs
   */
  async next(signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      throwIfAborted(signal);
      // A source that failed or was given up has no end, even if the caller asks again.
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isClosed) throw new StorageError("ABORTED", "The stream was given up.", { operation: "dehydrate" });
      const unread = this.#unread.shift();
      if (unread !== undefined) return unread;
      if (this.#isOver) return undefined;
      const bytes = await abortable(this.#next(), signal);
      this.#count(bytes.byteLength);
      if (bytes.byteLength > 0) this.#unread.push(bytes);
    }
  }

  /**
   * Puts back bytes that {@link SourceReader.next} returns once more. They must not change until the source is read
   * on.
   */
  putBack(...chunks: Uint8Array[]): void {
    this.#unread.push(...chunks.filter(({ byteLength }) => byteLength > 0));
  }

  /** Ends the source, unless it has ended or failed. Waits for nothing. */
  close(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = this.#isClosed = true;
    giveUp(() => this.#source.close(reason));
  }

  #count(bytes: number): void {
    try {
      this.onBytes?.(bytes);
    } catch (error) {
      this.close(error);
      throw (this.#failure = error as StorageError);
    }
  }

  async #next(): Promise<Uint8Array> {
    let next: IteratorResult<unknown>;
    let isLast: boolean;
    try {
      next = await this.#source.next();
      isLast = next.done === true;
    } catch (cause) {
      this.#isOver = true;
      throw this.#failed("failed; see the cause.", cause);
    }
    if (isLast) {
      this.#isOver = true;
      return this.#bytes.end();
    }
    const bytes = this.#bytes.of(next.value);
    if (bytes !== undefined) return bytes;
    const error = this.#notBytes(next.value);
    this.close(error);
    throw error;
  }

  #failed(problem: string, cause: unknown): StorageError {
    return (this.#failure = sourceFailure(cause, this.#message(problem), { operation: "dehydrate" }));
  }

  #notBytes(item: unknown): StorageError {
    const problem =
      `is an async iterable that gives ${kindOf(item)}, where only bytes and strings can be stored. ` +
      "Collect what it gives in an array, which is stored as JSON.";
    return (this.#failure = new StorageError("UNSERIALIZABLE", this.#message(problem), { operation: "dehydrate" }));
  }

  #message(problem: string): string {
    return `The stream at ${formatPayloadPath(this.#path)} of the payload ${problem}`;
  }
}

/** Names the kind of an item, without its content. */
function kindOf(item: unknown): string {
  if (item === null) return "null";
  return typeof item === "object" ? "objects" : `values of the type ${typeof item}`;
}

/**
 * Returns the bytes of a source that has at most `limit` bytes. A larger source gives `undefined`, after at most one
 * chunk beyond the limit. It can be read from its beginning again.
 *
 * @throws {StorageError} as {@link SourceReader.next} does
 */
export async function readSmall(
  reader: SourceReader,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  // A source that was put back is longer than an earlier limit. It gets all its room at once, so that it is copied once.
  const head = new GatheredBytes(limit, reader.head.byteLength > 0 ? limit : 0);
  for (;;) {
    const chunk = await reader.next(signal);
    if (chunk === undefined) return head.kept();
    const rest = head.take(chunk);
    if (rest === undefined) continue;
    reader.putBack(head.bytes(), rest);
    return undefined;
  }
}
