import type { DriverCall } from "../driver-store.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import { answerObject, type GcsAnswer, type GcsBucket } from "./bucket.js";
import { GCS_ERRORS } from "./errors.js";
import type { ObjectResource } from "./object-info.js";
import { missingBucket } from "./object.js";
import { uploadDescription, uploadRequest, type UploadParams } from "./upload.js";

// "Resume Incomplete": the server has a part of the upload, and reports its size (GCS, "Resumable uploads").
const INCOMPLETE = 308;

/**
 * A resumable upload. Its requests may be lost and sent again, since the server reports which bytes it has. It also
 * reports whether the object exists already. So a repeated conditional write never mistakes its own object for
 * another's.
 */
export class UploadSession {
  private constructor(
    private readonly bucket: GcsBucket,
    private readonly url: URL,
    private readonly call: DriverCall,
  ) {}

  /** Begins an upload. A failed condition shows here, before any byte is sent, or at the end. */
  static async begin(
    bucket: GcsBucket,
    params: UploadParams,
    size: number | undefined,
    call: DriverCall,
  ): Promise<UploadSession> {
    try {
      const { headers } = await bucket.send(call, {
        ...uploadRequest(bucket, "resumable", params),
        headers: {
          "content-type": "application/json; charset=UTF-8",
          "x-upload-content-type": params.contentType,
          ...(size !== undefined && { "x-upload-content-length": String(size) }),
        },
        body: [uploadDescription(params)],
        idempotent: true, // it makes no object yet
      });
      const { apiEndpoint } = await bucket.client.storage(call);
      if (headers.location === undefined || !URL.canParse(headers.location, apiEndpoint))
        throw sessionFault("UNEXPECTED", "The server began an upload without saying where it goes on.", call);
      return new UploadSession(bucket, sessionUrl(bucket, headers.location, apiEndpoint), call);
    } catch (error) {
      throw missingBucket(error, call);
    }
  }

  /**
   * Sends the next bytes, from `start`. Sends them again from the point where the server lost some. With `total`, the
   * size of the object, these bytes are the last. Returns the object once it is made.
   */
  async send(bytes: Uint8Array, start: number, total?: number, crc32c?: string): Promise<ObjectResource | undefined> {
    const end = start + bytes.byteLength;
    const retry = await this.bucket.retry(this.call);
    const stuck = sessionFault("UNAVAILABLE", "The server takes no more of the upload.", this.call);
    let offset = start;
    let lost = false;
    for (;;) {
      retry.attempts++;
      try {
        const answer = lost
          ? await this.#put([], `bytes */${total ?? "*"}`)
          : await this.#put([bytes.subarray(offset - start)], rangeOf(offset, end, total), crc32c);
        lost = false;
        if (answer.status !== INCOMPLETE) return this.#finished(answer, total);
        const received = receivedBytes(answer);
        if (received === end && total === undefined) return undefined;
        if (received < start || received > end) throw this.#broken();
        if (received > offset) retry.attempts = 0;
        else if (!(await retry.pause(stuck, this.call))) throw stuck;
        offset = received;
      } catch (error) {
        if (isGone(error) || !(await retry.pause(error, this.call))) throw sessionError(error, this.call);
        lost = true;
      }
    }
  }

  /** Sends everything in one request of unknown length, for servers that take only one. */
  async sendAll(chunks: AsyncIterable<Uint8Array>): Promise<ObjectResource> {
    const answer = await this.#put(chunks, "bytes 0-*/*").catch((error: unknown) => {
      throw sessionError(error, this.call);
    });
    if (answer.status === INCOMPLETE) throw this.#broken();
    return answerObject(answer, this.call);
  }

  /** Gives the upload up. Does not wait, and ignores errors: a session makes no object, and ends in a week. */
  cancel(): void {
    const call: DriverCall = { details: this.call.details, signal: AbortSignal.timeout(this.bucket.options.timeout) };
    const cancelled = 499;
    void this.bucket
      .send(call, { method: "DELETE", target: this.url, idempotent: false, accept: cancelled })
      .catch(() => undefined);
  }

  #put(body: readonly Uint8Array[] | AsyncIterable<Uint8Array>, range: string, crc32c?: string): Promise<GcsAnswer> {
    return this.bucket.send(this.call, {
      method: "PUT",
      target: this.url,
      headers: { "content-range": range, ...(crc32c !== undefined && { "x-goog-hash": `crc32c=${crc32c}` }) },
      body,
      idempotent: false, // `send` has its own retries, which continue the upload
      accept: INCOMPLETE,
    });
  }

  #broken(): StorageError {
    return sessionFault("UNEXPECTED", "The server did not keep what it had of the upload.", this.call);
  }

  #finished(answer: GcsAnswer, total: number | undefined): ObjectResource {
    if (total !== undefined) return answerObject(answer, this.call);
    // An emulator took a chunk for the whole body, and has made an object of it.
    throw sessionFault("UNSUPPORTED", "The server does not take an upload in several requests.", this.call);
  }
}

// The emulator puts its own name into the URL, which may not be reachable. Google's sessions may be on another host.
function sessionUrl(bucket: GcsBucket, location: string, apiEndpoint: string): URL {
  const url = new URL(location, apiEndpoint);
  if (bucket.isGoogle) return url;
  const own = new URL(apiEndpoint);
  own.pathname = url.pathname;
  own.search = url.search;
  return own;
}

function rangeOf(offset: number, end: number, total: number | undefined): string {
  return offset === end ? `bytes */${total ?? "*"}` : `bytes ${offset}-${end - 1}/${total ?? "*"}`;
}

// "bytes=0-524287". Without the header, the server has no bytes yet.
function receivedBytes({ headers }: GcsAnswer): number {
  const last = /^bytes=0-(\d+)$/.exec(headers.range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function isGone(error: unknown): boolean {
  return [404, 410].includes(GCS_ERRORS.httpStatusOf(error) ?? 0);
}

// If a session is gone, another attempt of the caller begins a new one.
function sessionError(error: unknown, { details }: DriverCall): unknown {
  if (!isGone(error)) return error;
  const cause = isStorageError(error) ? error.cause : undefined;
  return new StorageError("UNAVAILABLE", "The server forgot the upload while it was going on.", { ...details, cause });
}

function sessionFault(code: StorageErrorCode, message: string, { details }: DriverCall): StorageError {
  return new StorageError(code, message, details);
}
