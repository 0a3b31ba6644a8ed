import type { IncomingMessage } from "node:http";
import type { Storage } from "@google-cloud/storage";
import { StorageError, isNotFound } from "../../../errors/error.js";
import { bytesResult, streamResult } from "../../read-result.js";
import type { Chunks, ObjectInfo, ReadOptions, ReadResult } from "../../store.js";
import { emptyRange, isRangeOf, parseContentRange, rangeHeader } from "../byte-range.js";
import { readCall, type DriverCall } from "../driver-store.js";
import type { GcsBucket } from "./bucket.js";
import { GCS_ERRORS } from "./errors.js";
import { onAbort } from "../../../async/on-abort.js";
import { watchedChunks } from "./http-exchange.js";
import { toObjectInfo } from "./object-info.js";
import { assertBucket, getResource, statObject } from "./object.js";

// The most attempts of a read whose object is overwritten between its two requests.
const ATTEMPTS = 5;

/**
 * Reads an object, or the range of it that the options ask for.
 *
 * The JSON API needs two requests, for content and description. They are sent at the same time and must return the
 * same generation. A call that needs no content type and no metadata needs one request, if the response with the
 * content has the other facts.
 */
export async function readObject(
  bucket: GcsBucket,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  if (options.length === 0) return emptyRange(statObject(bucket, path, call), call);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const opening = openContent(bucket, path, options, call);
    const describing =
      call.bytesOnly === true
        ? opening.then((response) => describedBy(response, path, call) ?? describe(bucket, path, call))
        : describe(bucket, path, call);
    const [content, description] = await Promise.allSettled([opening, describing]);
    if (content.status === "rejected" || description.status === "rejected") {
      if (content.status === "fulfilled") content.value?.destroy();
      const failures = [content, description].flatMap((one) =>
        one.status === "rejected" ? [one.reason as unknown] : [],
      );
      const failure = failures.find((reason) => !isNotFound(reason)) ?? failures[0];
      if (isNotFound(failure)) await assertBucket(bucket, call);
      throw failure;
    }
    const response = content.value;
    const { info } = description.value;
    if (response === undefined) {
      if (expectedSize(info.size, options) > 0) continue; // the object has grown in between
      return bytesResult(info, new Uint8Array(0), readCall(call));
    }
    const generation = response.headers["x-goog-generation"];
    if (generation === undefined || generation === info.etag) {
      return toResult(bucket, response, description.value, options, call);
    }
    response.destroy();
  }
  throw new StorageError("UNAVAILABLE", "The object was overwritten again and again while it was read.", call.details);
}

/** An object, and its checksum in the form of the API. */
interface Description {
  readonly info: ObjectInfo;
  readonly crc32c: string | undefined;
}

async function describe(bucket: GcsBucket, path: string, call: DriverCall): Promise<Description> {
  const resource = await getResource(bucket, path, call);
  return { info: toObjectInfo(path, resource, call), crc32c: resource.crc32c };
}

/**
 * Reads the description of an object, except its metadata, from the response with the content. Returns `undefined` if
 * facts are missing (Cloud Storage, "HTTP headers": `x-goog-generation`, `x-goog-hash`).
 */
function describedBy(response: IncomingMessage | undefined, path: string, call: DriverCall): Description | undefined {
  const generation = response?.headers["x-goog-generation"];
  if (response === undefined || typeof generation !== "string") return undefined;
  const { headers, statusCode } = response;
  const range = headers["content-range"];
  const size = statusCode === 206 ? parseContentRange(range)?.total : headers["content-length"];
  if (size === undefined || (statusCode === 200 && range !== undefined)) return undefined;
  const crc32c = /(?:^|[\s,])crc32c=([^\s,]+)/.exec(String(headers["x-goog-hash"]))?.[1];
  return { info: toObjectInfo(path, { size, generation }, call), crc32c };
}

/** Requests the content. Returns `undefined` if the range begins at or after the end of the object. */
async function openContent(
  bucket: GcsBucket,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<IncomingMessage | undefined> {
  const range = rangeHeader(options);
  try {
    const response = await bucket.open(call, {
      method: "GET",
      target: bucket.target(bucket.objectName(path, call.details)),
      query: { alt: "media" },
      // With this header, the server sends compressed objects as they were stored, and does not unpack them.
      headers: { "accept-encoding": "gzip", ...(range !== undefined && { range }) },
      idempotent: true,
    });
    // The error of a body that nobody reads must not end the process. A reader still gets the error.
    response.on("error", () => undefined);
    endOnAbort(response, call.signal);
    return response;
  } catch (error) {
    if (range !== undefined && GCS_ERRORS.httpStatusOf(error) === 416) return undefined;
    throw error;
  }
}

// Also ends a body that hangs. No reader would destroy it then.
function endOnAbort(response: IncomingMessage, signal: AbortSignal | undefined): void {
  const end = (): void => void response.destroy(new Error("aborted"));
  if (signal?.aborted) end();
  response.once("close", onAbort(signal, end));
}

async function toResult(
  bucket: GcsBucket,
  response: IncomingMessage,
  { info, crc32c }: Description,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  const expected = expectedSize(info.size, options);
  const ranged = rangeHeader(options) !== undefined;
  if (ranged && response.statusCode === 200 && expected !== info.size) {
    response.destroy();
    // The emulator sends the whole object if the range begins after its end.
    if (expected === 0) return bytesResult(info, new Uint8Array(0), readCall(call));
    throw otherRange(call);
  }
  if (response.statusCode === 206 && !isRange(response, options.offset ?? 0, expected, info.size)) {
    response.destroy();
    throw otherRange(call);
  }
  const checksum = expected === info.size ? crc32c : undefined;
  const storage = await bucket.client.storage(call);
  return streamResult(
    info,
    bodyChunks(bucket, storage, response, expected, checksum, call),
    () => void response.destroy(),
    readCall(call),
  );
}

/** Tells whether a partial response has the requested range (RFC 9110, 14.4). */
function isRange({ headers }: IncomingMessage, offset: number, length: number, size: number): boolean {
  const range = headers["content-range"];
  if (range === undefined) return true; // an emulator sends no range, but the bytes are counted
  const found = parseContentRange(range.replace(/\/\*$/, `/${size}`));
  return found?.total === size && isRangeOf(found, offset, length);
}

function otherRange({ details }: DriverCall): StorageError {
  return new StorageError("UNEXPECTED", "The server did not send the range that was asked for.", details);
}

async function* bodyChunks(
  bucket: GcsBucket,
  storage: Storage,
  response: IncomingMessage,
  expected: number,
  crc32c: string | undefined,
  call: DriverCall,
): Chunks {
  const checksum = crc32c === undefined ? undefined : storage.crc32cGenerator();
  let received = 0;
  try {
    for await (const chunk of watchedChunks(response, bucket.options.timeout)) {
      received += chunk.byteLength;
      if (received > expected) {
        throw new StorageError("INTEGRITY", "More bytes came than the object has.", call.details);
      }
      checksum?.update(chunk as Buffer);
      yield chunk;
    }
  } catch (error) {
    throw GCS_ERRORS.of(error, call);
  }
  if (received !== expected) {
    throw new StorageError("UNAVAILABLE", "The connection ended before the whole body had come.", call.details);
  }
  if (checksum?.validate(crc32c!) === false) {
    throw new StorageError("INTEGRITY", "The body has not the checksum that Cloud Storage keeps of it.", call.details);
  }
}

function expectedSize(size: number, { offset = 0, length = Infinity }: ReadOptions): number {
  return Math.max(0, Math.min(size - offset, length));
}
