import type { Readable } from "node:stream";
import { throwIfAborted } from "../../../async/abort.js";
import { onAbort } from "../../../async/on-abort.js";
import { bytesOf } from "../../../bytes/bytes.js";
import { beginSha256, sha256 } from "../../../bytes/digest.js";
import { StorageError } from "../../../errors/error.js";
import { LARGE } from "../../body.js";
import type { WholeBytes } from "../../whole-reads.js";
import type { DriverCall } from "../driver-store.js";
import { RunningChecksum, type BodyChecksum } from "./body-checksum.js";
import { assertLength, bodyFailure, corruptBody, type OpenedObject } from "./opened-object.js";

const EMPTY = new Uint8Array();

/**
 * Collects a body in one buffer of its length. Does not use an iterator of the stream, which takes as long as a
 * request.
 *
 * @param onLength is called with the number of bytes, before any is kept. A StorageError that it throws ends the
 *   read.
 */
export async function wholeBody(
  opened: OpenedObject,
  onLength: (length: number) => void,
  call: DriverCall,
): Promise<WholeBytes> {
  const { body, length } = opened;
  const stop = onAbort(call.signal, () => body.destroy());
  try {
    onLength(length);
    const arriving = new ArrivingBody(opened, call);
    await eachChunk(body, (chunk) => arriving.add(chunk));
    return arriving.end();
  } catch (error) {
    body.destroy();
    throw bodyFailure(body, error, call);
  } finally {
    stop();
  }
}

/** Resolves when the body is over, even if it closes without `end` or an error. */
function eachChunk(body: Readable, take: (chunk: unknown) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    body.on("data", (chunk: unknown) => {
      try {
        take(chunk);
      } catch (error) {
        body.destroy(error as Error);
      }
    });
    body.once("error", reject);
    body.once("end", resolve);
    body.once("close", resolve);
    if (body.destroyed) resolve();
  });
}

/** The bytes of a body that have arrived so far. */
class ArrivingBody {
  #received = 0;
  readonly #length: number;
  readonly #checksum: BodyChecksum | undefined;
  /** Hashes each chunk as it arrives, so that a large body is not hashed in one step. */
  readonly #hash: ReturnType<typeof beginSha256> | undefined;
  readonly #running: RunningChecksum | undefined;
  #bytes: Uint8Array = EMPTY;

  constructor(
    { length, total, checksum }: OpenedObject,
    private readonly call: DriverCall,
  ) {
    this.#length = length;
    this.#checksum = checksum;
    if (length >= LARGE && length === total) this.#hash = beginSha256();
    if (checksum !== undefined && !this.#isSha256) this.#running = new RunningChecksum(checksum);
  }

  /** @throws {StorageError} if more bytes come than expected, or the chunk is not bytes */
  add(given: unknown): void {
    const chunk = bytesOf(given);
    if (chunk === undefined) throw new StorageError("UNEXPECTED", "The body came as no bytes.", this.call.details);
    const begin = this.#received;
    this.#received += chunk.byteLength;
    if (this.#received > this.#length) assertLength(this.#received, this.#length, this.call);
    this.#hash?.update(chunk);
    this.#running?.update(chunk);
    if (chunk.byteLength === this.#length) {
      this.#bytes = chunk; // the whole body
    } else {
      if (begin === 0) this.#bytes = Buffer.allocUnsafeSlow(this.#length);
      this.#bytes.set(chunk, begin);
    }
  }

  /**
   * @throws {StorageError} `INTEGRITY` if the body differs from the one that S3 stores, `UNAVAILABLE` if it is not
   *   complete
   */
  end(): WholeBytes {
    if (this.#received < this.#length) {
      throwIfAborted(this.call.signal, this.call.details);
      assertLength(this.#received, this.#length, this.call);
    }
    const bytes = this.#bytes;
    if (this.#running?.isRight === false) throw corruptBody(this.call);
    const own = this.#hash?.digest() ?? (this.#isSha256 ? sha256(bytes) : undefined);
    if (this.#isSha256 && own!.toString("base64") !== this.#checksum!.expected) throw corruptBody(this.call);
    return { bytes, sha256: own };
  }

  get #isSha256(): boolean {
    return this.#checksum?.algorithm === "sha256";
  }
}
