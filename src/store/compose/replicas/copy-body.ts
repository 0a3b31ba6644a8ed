import { bytesOf } from "../../../bytes/bytes.js";
import { sha256Digest } from "../../../bytes/digest.js";
import { StorageError } from "../../../errors/error.js";
import type { CallDetails } from "../../check.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../../store.js";
import type { Attempt } from "./attempt.js";
import { describeCopy, type DigestOf } from "./known-digest.js";
import type { Replica } from "./replica.js";

/** A read, in the form in which all copies are asked for it. */
export interface ReadRequest {
  readonly path: string;
  readonly range: Pick<ReadOptions, "offset" | "length">;
  readonly details: CallDetails;
  /** Most bytes that are held in memory, to be checked before they are handed out. */
  readonly maxBufferSize: number;
  /** Whether a part of an object within `maxBufferSize` is cut from the whole, which can be checked. */
  readonly verifyRanges: boolean;
  readonly digestOf: DigestOf;
}

/** The bytes of one copy, as they come. Everything that it waits for ends with the attempt. */
export class CopyBody {
  readonly info: ObjectInfo;
  /** The digest that the whole object must have, when it is known. */
  readonly digest: string | undefined;
  /** Number of bytes that the copy is to give. */
  readonly length: number;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #unread: Uint8Array | undefined;

  constructor(
    private readonly result: ReadResult,
    private readonly attempt: Attempt,
    private readonly request: ReadRequest,
    range: ReadRequest["range"],
  ) {
    const { info, stored } = describeCopy(result.info);
    if (!Number.isSafeInteger(info.size) || info.size < 0) {
      throw new StorageError("INTEGRITY", "The copy does not say how large it is.", request.details);
    }
    this.info = { ...info, path: request.path };
    this.digest = request.digestOf(request.path, this.info) ?? stored;
    this.length = lengthOf(info.size, range);
  }

  /** Returns the next bytes, or `undefined` at the end. They must come within the time of the attempt. */
  async next(): Promise<Uint8Array | undefined> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) return unread;
    this.#iterator ??= this.result[Symbol.asyncIterator]();
    const step = await this.attempt.wait(this.#iterator.next());
    if (step.done === true) return undefined;
    // A user's own store may give anything. A value that is no bytes has no length to check.
    const bytes = bytesOf(step.value);
    if (bytes !== undefined) return bytes;
    throw new StorageError("INTEGRITY", "The copy gave something else than bytes.", this.request.details);
  }

  /** Puts bytes back, so that they are the next ones. */
  unread(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#unread = bytes;
  }

  /** Returns the next bytes. This chunk alone has the whole time of an attempt. */
  async timedNext(): Promise<Uint8Array | undefined> {
    this.attempt.start();
    try {
      return await this.next();
    } finally {
      this.attempt.stop();
    }
  }

  /**
   * Returns all bytes, checked. There are neither fewer nor more than said. The whole has the digest that it must
   * have.
   *
   * @throws {StorageError} `INTEGRITY`
   */
  async verified(whole: boolean, details: CallDetails): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
      size += chunk.byteLength;
      if (size > this.length) throw overlong(this.length, details);
      parts.push(chunk);
    }
    if (size < this.length) throw truncated(size, this.length, details);
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    if (whole && this.digest !== undefined && sha256Digest(bytes) !== this.digest) throw corrupt(details);
    return bytes;
  }

  /** Gives up the rest and ends the attempt. Waits until the body is freed, unless the call was aborted. */
  async close(): Promise<void> {
    await this.attempt.wait(this.#cancel()).catch(() => undefined);
    this.attempt.end();
  }

  /** Gives up the rest without waiting, since a copy that failed or hangs may never answer. The attempt can go on. */
  abandon(): void {
    this.#cancel().catch(() => undefined);
  }

  /** Gives up the rest without waiting, and ends the attempt too. */
  drop(): void {
    this.abandon();
    this.attempt.end();
  }

  // Async, so that an error that the store throws at once also becomes a rejection.
  async #cancel(): Promise<void> {
    await this.result.cancel();
  }
}

/** Asks a copy for an object or a part of it. The attempt goes on with the body. */
export async function openCopy(
  replica: Replica,
  request: ReadRequest,
  range: ReadRequest["range"],
  attempt: Attempt,
): Promise<CopyBody> {
  const reading = replica.store.read(request.path, { ...range, signal: attempt.signal });
  const result = await attempt.wait(reading, (late) => late.cancel());
  try {
    return new CopyBody(result, attempt, request, range);
  } catch (error) {
    result.cancel().catch(() => undefined);
    throw error;
  }
}

/** The result of reading a copy: all bytes, checked, or a body that is larger than what is held in memory. */
export type ReadCopy = { readonly body: CopyBody; readonly bytes: Uint8Array | undefined };

/** Reads a copy. It checks a body that is held in memory before anybody sees it. A copy that fails is given up. */
export async function readCopy(replica: Replica, request: ReadRequest, attempt: Attempt): Promise<ReadCopy> {
  const { offset = 0, length = Infinity } = request.range;
  if (isRange(request.range) && request.verifyRanges) {
    const whole = await openCopy(replica, request, {}, attempt);
    if (whole.length <= request.maxBufferSize) {
      const bytes = await takeVerified(whole, true, attempt, request);
      return { body: whole, bytes: bytes.subarray(offset, offset + length) };
    }
    whole.abandon();
  }
  const body = await openCopy(replica, request, request.range, attempt);
  if (body.length > request.maxBufferSize) {
    attempt.stop();
    return { body, bytes: undefined };
  }
  return { body, bytes: await takeVerified(body, !isRange(request.range), attempt, request) };
}

async function takeVerified(
  body: CopyBody,
  whole: boolean,
  attempt: Attempt,
  { details }: ReadRequest,
): Promise<Uint8Array> {
  try {
    const bytes = await body.verified(whole, details);
    attempt.end();
    return bytes;
  } catch (error) {
    body.abandon();
    throw error;
  }
}

export function isRange({ offset, length }: ReadRequest["range"]): boolean {
  return offset !== undefined || length !== undefined;
}

function lengthOf(size: number, { offset = 0, length = Infinity }: ReadRequest["range"]): number {
  return Math.max(0, Math.min(length, size - offset));
}

export function truncated(size: number, wanted: number, details: CallDetails): StorageError {
  return new StorageError("INTEGRITY", `The body ended after ${size} of ${wanted} bytes.`, details);
}

export function overlong(wanted: number, details: CallDetails): StorageError {
  return new StorageError("INTEGRITY", `The body has more than the ${wanted} bytes that were due.`, details);
}

export function corrupt(details: CallDetails): StorageError {
  return new StorageError("INTEGRITY", "The object has not the digest that it must have.", details);
}
