import { beginSha256, digestText, sha256Digest, sha256InSteps } from "../bytes/digest.js";
import { bytesOf, isBytes, isDetached } from "../bytes/bytes.js";
import { StorageError, type StorageErrorDetails } from "../errors/error.js";
import { abortable } from "../async/abort.js";
import { Turns } from "../async/turns.js";
import { BodySource, isAsyncIterable } from "./body-source.js";
import { giveUp } from "../async/give-up.js";
import { sourceFailure } from "./source-failure.js";
import type { Chunks, StoreBody, WriteOptions } from "./store.js";

/** Number of bytes from which a digest is computed in steps. For fewer bytes, a promise would cost more. */
export const LARGE = 1 << 20;

/** Whether the body is there as a whole, so that it can be read again. */
export function isWholeBody(body: StoreBody): body is Uint8Array | string {
  return typeof body === "string" || body instanceof Uint8Array;
}

const handedOver = new WeakSet<Uint8Array>();

/** Declares that these bytes never change any more, so that a store may keep them instead of a copy. Returns them. */
export function handOver<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  handedOver.add(bytes);
  return bytes;
}

const hashed = new WeakMap<Uint8Array, Buffer>();

/**
 * Attaches the known SHA-256 to bytes that are about to be written, so that a store need not compute it again.
 * Returns the bytes to write. If they were not handed over, that is a new view of them, since their owner may change
 * them and write them again.
 */
export function withSha256(bytes: Uint8Array, sha: Buffer): Uint8Array {
  const own = isHandedOver(bytes) ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  hashed.set(own, sha);
  return own;
}

/** Returns the SHA-256 that was attached to bytes. */
export function knownSha256(bytes: Uint8Array): Buffer | undefined {
  return hashed.get(bytes);
}

/** Whether the bytes were handed over. */
export function isHandedOver(bytes: Uint8Array): boolean {
  return handedOver.has(bytes);
}

/** Returns the bytes of a whole body, not copied. */
export function wholeBytes(body: Uint8Array | string): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : body;
}

/** @throws {StorageError} `CONFIG_INVALID` unless `body` is bytes, a string or an async iterable */
export function assertBody(body: unknown, details: StorageErrorDetails): asserts body is StoreBody {
  if (isBytes(body) && isDetached(body)) {
    const message = "The body has no bytes any more: its memory was transferred. Write a copy, or transfer it later.";
    throw new StorageError("CONFIG_INVALID", message, details);
  }
  if (typeof body === "string" || isBytes(body)) return;
  if (isAsyncIterable(body)) return;
  throw new StorageError("CONFIG_INVALID", "The body must be bytes, a string or an async iterable of bytes.", details);
}

/**
 * Hands the body on as chunks, and checks it on the way against what the writer declared. A chunk that is not bytes
 * is `CONFIG_INVALID`. Another size or digest than declared is `INTEGRITY`. More than `maxSize` bytes are
 * `LIMIT_EXCEEDED`. If the source fails, its error is the cause of an error that keeps its code, see
 * {@link sourceFailure}. When the signal fires, the error is `ABORTED` at once, even while the source hangs.
 */
export async function* checkedChunks(
  body: StoreBody,
  options: Pick<WriteOptions, "size" | "digest" | "signal">,
  details: StorageErrorDetails,
  maxSize = Infinity,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = options.digest === undefined ? undefined : beginSha256();
  let size = 0;
  for await (const chunk of source(body, options.signal, details)) {
    size += chunk.byteLength;
    if (size > maxSize) throw tooLarge(maxSize, details);
    if (options.size !== undefined && size > options.size) throw sizeMismatch(options.size, details);
    hash?.update(chunk);
    yield chunk;
  }
  if (options.size !== undefined && size !== options.size) throw sizeMismatch(options.size, details);
  if (hash !== undefined && digestText(hash) !== options.digest) throw digestMismatch(details);
}

/**
 * Makes the same checks for a whole body, and returns its bytes. The digest of a large body is computed in steps, in
 * turns with other work.
 */
export async function checkedBytes(
  body: Uint8Array | string,
  options: Pick<WriteOptions, "size" | "digest" | "signal">,
  details: StorageErrorDetails,
  maxSize = Infinity,
): Promise<Uint8Array> {
  const bytes = wholeBytes(body);
  if (bytes.byteLength > maxSize) throw tooLarge(maxSize, details);
  if (options.size !== undefined && bytes.byteLength !== options.size) throw sizeMismatch(options.size, details);
  const { digest, signal } = options;
  if (digest === undefined) return bytes;
  const own =
    bytes.byteLength < LARGE
      ? sha256Digest(bytes)
      : digestText(await new Turns().complete(sha256InSteps(bytes), signal, details));
  if (own !== digest) throw digestMismatch(details);
  return bytes;
}

/** Returns all bytes of a body at once, checked, for a service that takes no streams. */
export async function collectBody(
  body: StoreBody,
  options: Pick<WriteOptions, "size" | "digest" | "signal">,
  details: StorageErrorDetails,
  maxSize = Infinity,
): Promise<Uint8Array[]> {
  if (isWholeBody(body)) return [await checkedBytes(body, options, details, maxSize)];
  const chunks: Uint8Array[] = [];
  // Each chunk is copied at once, since a source may use its buffer again for the next chunk.
  for await (const chunk of checkedChunks(body, options, details, maxSize)) chunks.push(new Uint8Array(chunk));
  return chunks;
}

async function* source(body: StoreBody, signal: AbortSignal | undefined, details: StorageErrorDetails): Chunks {
  if (isWholeBody(body)) {
    yield wholeBytes(body);
    return;
  }
  const iterator = iteratorOf(body, details);
  try {
    for (;;) {
      const next = await abortable(nextChunk(iterator, details), signal, details);
      if (next.done === true) return;
      yield chunkOf(next.value, details);
    }
  } finally {
    // The source is told that nobody reads on. After an abort, nobody waits for its answer.
    if (signal?.aborted) giveUp(() => iterator.return?.());
    else await iterator.return?.();
  }
}

function chunkOf(chunk: unknown, details: StorageErrorDetails): Uint8Array {
  try {
    const bytes = bytesOf(chunk);
    if (bytes !== undefined) return bytes;
  } catch (cause) {
    const message = "A chunk of the body has no bytes any more: its memory was transferred.";
    throw new StorageError("CONFIG_INVALID", message, { ...details, cause });
  }
  throw new StorageError("CONFIG_INVALID", "A chunk of the body is not bytes.", details);
}

function iteratorOf(body: AsyncIterable<Uint8Array>, details: StorageErrorDetails): AsyncIterator<Uint8Array> {
  try {
    return (BodySource.is(body) ? body : new BodySource(body))[Symbol.asyncIterator]();
  } catch (cause) {
    throw sourceFailed(cause, details);
  }
}

async function nextChunk(
  iterator: AsyncIterator<Uint8Array>,
  details: StorageErrorDetails,
): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw sourceFailed(cause, details);
  }
}

function sourceFailed(cause: unknown, details: StorageErrorDetails): StorageError {
  return sourceFailure(cause, "The source of the body failed; see the cause.", details);
}

function tooLarge(maxSize: number, details: StorageErrorDetails): StorageError {
  return new StorageError(
    "LIMIT_EXCEEDED",
    `The body is larger than the ${maxSize} bytes that the store takes. Split it, or use a store for larger ones.`,
    details,
  );
}

function sizeMismatch(size: number, details: StorageErrorDetails): StorageError {
  return new StorageError("INTEGRITY", `The body has not the declared size of ${size} bytes.`, details);
}

function digestMismatch(details: StorageErrorDetails): StorageError {
  return new StorageError("INTEGRITY", "The body has not the declared digest.", details);
}
