import { bytesOf } from "../../../bytes/bytes.js";
import { sha256Digest } from "../../../bytes/digest.js";
import { StorageError } from "../../../errors/error.js";
import type { CallDetails } from "../../check.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../../store.js";
import type { Attempt } from "./attempt.js";
import { describeCopy, type DigestOf } from "./known-digest.js";
import type { Replica } from "./replica.js";

/** A read, as all copies are asked for it. */
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

/** The bytes of one copy, as they come. Whatever it waits for ends with the attempt. */
export class CopyBody {
  readonly info: ObjectInfo;
  /** The digest that the whole object must have, when it is known. */
  readonly digest: string | undefined;
  /** Bytes that are to come. */
  readonly length: number;
  readonly #result: ReadResult;
  readonly #attempt: Attempt;
  readonly #details: CallDetails;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #unread: Uint8Array | undefined;

  constructor(result: ReadResult, attempt: Attempt, request: ReadRequest, range: ReadRequest["range"]) {
    const { info, stored } = describeCopy(result.info);
    if (!Number.isSafeInteger(info.size) || info.size < 0) {
      throw new StorageError("INTEGRITY", "The copy does not say how large it is.", request.details);
    }
    this.info = { ...info, path: request.path };
    this.digest = request.digestOf(request.path, this.info) ?? stored;
    this.length = lengthOf(info.size, range);
    this.#result = result;
    this.#attempt = attempt;
    this.#details = request.details;
  }

  /** The next bytes, or `undefined` at the end. Each chunk has the time of an attempt. */
  async next(): Promise<Uint8Array | undefined> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) return unread;
    this.#iterator ??= this.#result[Symbol.asyncIterator]();
    const step = await this.#attempt.wait(this.#iterator.next());
    if (step.done === true) return undefined;
    // A store of the user's own may give anything, and what is no bytes has no length to be checked.
    const bytes = bytesOf(step.value);
    if (bytes !== undefined) return bytes;
    throw new StorageError("INTEGRITY", "The copy gave something else than bytes.", this.#details);
  }

  /** Puts bytes back, to be the next ones. */
  unread(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#unread = bytes;
  }

  /** The next bytes, with the time of an attempt for themselves. */
  async timedNext(): Promise<Uint8Array | undefined> {
    this.#attempt.start();
    try {
      return await this.next();
    } finally {
      this.#attempt.stop();
    }
  }

  /**
   * All bytes, checked: neither fewer nor more than said, and with the digest that the whole must have.
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

  /** Gives the rest up and ends the attempt. Waits until the body is freed, unless the call was aborted. */
  async close(): Promise<void> {
    await this.#attempt.wait(this.#cancel()).catch(() => undefined);
    this.#attempt.end();
  }

  /** Gives the rest up without waiting: a copy that failed or hangs may never answer. The attempt can go on. */
  abandon(): void {
    this.#cancel().catch(() => undefined);
  }

  /** The same, when the attempt is over too. */
  drop(): void {
    this.abandon();
    this.#attempt.end();
  }

  // Async, so that also what a store throws at once is a rejection.
  async #cancel(): Promise<void> {
    await this.#result.cancel();
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

/** What a copy gave: all of it, checked, or more than is held in memory, to come. */
export type ReadCopy = { readonly body: CopyBody; readonly bytes: Uint8Array | undefined };

/** Reads a copy, and checks what can be before anybody sees it. What fails is given up. */
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
