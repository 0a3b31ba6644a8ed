import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { CallDetails } from "../../check.js";
import { isStorageError, type StorageError } from "../../../errors/error.js";
import type { Chunks, StoreBody, WriteOptions } from "../../store.js";

/** A body that may have to be handed to more than one store. */
export interface HeldBody {
  /** All bytes, when they are held. */
  readonly bytes: Uint8Array | undefined;
  /** The fault of the body or of its source. It is known once a reader has come to it. */
  readonly failure: StorageError | undefined;
  /** The chunks from the first one, as long as nothing was read beyond the held chunks: see `replayable`. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Whether `chunks()` can be called again. */
  readonly replayable: boolean;
  /** Closes the source. */
  close(): Promise<void>;
}

/**
 * Takes a body and checks it against what the caller declared. A body of up to `maxHeld` bytes is read whole, before
 * any store sees it. If a stream is larger, about its first `maxHeld` bytes are held, and the rest is read once.
 *
 * @throws {StorageError} see {@link checkedChunks}
 */
export async function holdBody(
  body: StoreBody,
  options: WriteOptions,
  details: CallDetails,
  maxHeld: number,
  maxSize: number | undefined,
): Promise<HeldBody> {
  if (isWholeBody(body)) return wholeBody(await checkedBytes(body, options, details, maxSize));
  const chunks = checkedChunks(body, options, details, maxSize);
  const held: Uint8Array[] = [];
  let size = 0;
  while (size <= maxHeld) {
    const { done, value } = await chunks.next();
    if (done === true) return wholeBody(held.length === 1 ? held[0]! : Buffer.concat(held));
    held.push(new Uint8Array(value)); // a source may use its buffer again for the next chunk
    size += value.byteLength;
  }
  return new StreamedBody(held, chunks);
}

function wholeBody(bytes: Uint8Array): HeldBody {
  async function* chunks(): Chunks {
    yield await Promise.resolve(bytes);
  }
  return { bytes, failure: undefined, replayable: true, chunks, close: () => Promise.resolve() };
}

class StreamedBody implements HeldBody {
  readonly bytes = undefined;
  failure: StorageError | undefined;
  replayable = true;
  private pulling = false;
  private closed = false;

  constructor(
    private held: readonly Uint8Array[],
    private readonly rest: Chunks,
  ) {}

  async *chunks(): Chunks {
    yield* this.held;
    this.replayable = false;
    this.held = [];
    try {
      for (;;) {
        this.pulling = true;
        const { done, value } = await this.rest.next();
        this.pulling = false;
        if (done !== true) yield value;
        // A source that was closed early ends like a whole one. No store may take it for a whole body.
        else if (this.closed) throw new Error("The body was given up.");
        else return;
      }
    } catch (error) {
      this.pulling = false;
      if (isStorageError(error)) this.failure = error;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const closing = this.rest.return();
    // A source that hangs never answers. It is closed as soon as it answers.
    if (this.pulling) closing.catch(() => undefined);
    else await closing;
  }
}
