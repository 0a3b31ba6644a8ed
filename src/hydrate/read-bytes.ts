import { constants } from "node:buffer";
import { bytesOf } from "../bytes/bytes.js";
import { StorageError, type StorageErrorDetails } from "../errors/error.js";
import { abortable } from "../async/abort.js";
import type { ReadResult } from "../store/store.js";
import { giveUp } from "../async/give-up.js";

/**
 * Takes the body of a read into memory.
 *
 * @param size bytes that were asked for; absent for the whole object
 * @param onBytes is called with the bytes so far, before they are kept. If it throws, the reading ends.
 * @throws what the store and `onBytes` throw; `ABORTED` at once when the signal fires
 */
export async function readBytes(
  read: Promise<ReadResult>,
  onBytes: (received: number) => void,
  signal: AbortSignal,
  details: StorageErrorDetails,
  size?: number,
): Promise<Uint8Array> {
  const result = await abortable(read, signal, undefined, (late) => late.cancel());
  const body = new BodyBytes(size ?? result.info.size);
  try {
    const iterator = result[Symbol.asyncIterator]();
    for (;;) {
      const next = await abortable(iterator.next(), signal);
      if (next.done === true) return body.bytes();
      const chunk = chunkOf(next.value, details);
      onBytes(body.received + chunk.byteLength);
      body.add(chunk);
    }
  } finally {
    giveUp(() => result.cancel());
  }
}

/** Returns a chunk of a body as bytes. @throws {StorageError} `UNEXPECTED`, because a user's own store may give anything */
export function chunkOf(given: unknown, details: StorageErrorDetails): Uint8Array {
  const chunk = bytesOf(given);
  if (chunk !== undefined) return chunk;
  throw new StorageError("UNEXPECTED", "The store gave a chunk of a body that is not bytes.", details);
}

// Bytes for which memory is allocated at once when a store announces them. For more, some bytes must come first.
const AT_ONCE = 64 * 1024 * 1024;
const GROWTH = 16;

/**
 * Joins the chunks of a body as they come, in one buffer of the announced size. So large bodies are neither held
 * twice nor copied in one go at the end. Chunks are copied, except when there is only one.
 */
export class BodyBytes {
  private readonly chunks: Uint8Array[] = [];
  private buffer: Buffer | undefined;
  private length = 0;

  /** @param size bytes that should come; there may be fewer or more */
  constructor(private readonly size: number) {}

  /** Bytes that have come. */
  get received(): number {
    return this.length;
  }

  add(chunk: Uint8Array): void {
    const start = this.length;
    this.length += chunk.byteLength;
    if (start > 0) this.buffer ??= this.room();
    if (this.buffer === undefined) {
      this.chunks.push(chunk);
    } else if (this.length <= this.buffer.byteLength) {
      this.buffer.set(chunk, start);
    } else {
      this.chunks.push(this.buffer.subarray(0, start), chunk);
      this.buffer = undefined;
    }
  }

  /** Returns all bytes that have come. */
  bytes(): Uint8Array {
    if (this.buffer !== undefined) return this.buffer.subarray(0, this.length);
    return this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.length);
  }

  /**
   * Returns a buffer that begins with the bytes so far. `undefined` as long as the announced size need not be
   * trusted.
   */
  private room(): Buffer | undefined {
    const { size } = this;
    if (!Number.isInteger(size) || this.length > size || size > constants.MAX_LENGTH) return undefined;
    if (size > Math.max(AT_ONCE, this.length * GROWTH)) return undefined;
    const buffer = Buffer.allocUnsafeSlow(size);
    let offset = 0;
    for (const chunk of this.chunks) {
      buffer.set(chunk, offset);
      offset += chunk.byteLength;
    }
    this.chunks.length = 0;
    return buffer;
  }
}
