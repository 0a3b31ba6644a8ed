import { Readable } from "node:stream";
import type { BlobDownloadResponseParsed } from "@azure/storage-blob";
import { StorageError } from "../../../errors/error.js";
import { streamResult } from "../../read-result.js";
import type { Chunks, ReadOptions, ReadResult } from "../../store.js";
import type { TimedAbort } from "../../../async/timed-abort.js";
import { emptyRange } from "../byte-range.js";
import { readCall, type DriverCall } from "../driver-store.js";
import type { AzureContainer } from "./container.js";
import { AZURE_ERRORS, bodyError } from "./errors.js";
import { assertBlob, statedSize, toObjectInfo } from "./object-info.js";
import { statObject } from "./blob.js";

/** Reads an object, or the range of it that the options ask for. */
export async function readObject(
  container: AzureContainer,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  if (options.length === 0) return emptyRange(statObject(container, path, call), call);
  const stop = container.stopper(call);
  try {
    return await readRange(container, path, options, call, stop);
  } catch (error) {
    stop.unlink();
    // The range begins at or after the end of the object. An empty object has no range at all.
    if (AZURE_ERRORS.httpStatusOf(error) === 416) return emptyRange(statObject(container, path, call), call);
    throw error;
  }
}

async function readRange(
  container: AzureContainer,
  path: string,
  { offset = 0, length }: ReadOptions,
  call: DriverCall,
  stop: TimedAbort,
): Promise<ReadResult> {
  const name = container.blobName(path, call.details);
  const count = length === undefined ? undefined : Math.min(length, Number.MAX_SAFE_INTEGER - offset);
  const output = await container.send(
    { ...call, signal: stop.signal },
    // The SDK must not resume a broken body, since the object may have a new version by then. The caller reads again.
    ({ client, abortSignal }) =>
      client.getBlobClient(name).download(offset, count, { abortSignal, maxRetryRequests: 0 }),
    (late) => toReadable(late).destroy(),
  );
  const body = toReadable(output);
  // The error of a body that nobody reads must not end the process. A reader still gets the error.
  body.on("error", () => undefined);
  body.once("close", () => stop.unlink());
  stop.signal.addEventListener("abort", () => body.destroy(), { once: true });
  let size: number;
  try {
    assertBlob(output, call);
    size = sizeOf(output, offset, count, call);
  } catch (error) {
    body.destroy();
    throw error;
  }
  return streamResult(
    toObjectInfo(path, size, output),
    bodyChunks(body, output.contentLength, stop, call),
    () => void body.destroy(),
    readCall(call),
  );
}

/**
 * Returns the size of the whole object. Checks that the response has exactly the requested bytes.
 *
 * @throws {StorageError} `UNEXPECTED` for a response with other bytes
 */
function sizeOf(
  { contentRange, contentLength }: BlobDownloadResponseParsed,
  offset: number,
  count = Infinity,
  call: DriverCall,
): number {
  if (contentRange === undefined) {
    const size = statedSize(contentLength, call);
    if (offset > 0 || size > count) throw otherRange(call);
    return size;
  }
  // "bytes 0-9/100" (RFC 9110, 14.4). Azurite sends "bytes 10-9/10" if nothing is left, and "bytes 0--1/0" for an
  // empty object.
  const [, first, last, total] = (/^bytes (\d+)-(-?\d+)\/(\d+)$/.exec(contentRange) ?? []).map(Number);
  const size = statedSize(total, call);
  const wanted = Math.min(offset + count, size) - 1;
  const length = wanted - offset + 1;
  if (first !== offset || last !== wanted || (contentLength ?? length) !== length) throw otherRange(call);
  return size;
}

function otherRange({ details }: DriverCall): StorageError {
  return new StorageError("UNEXPECTED", "The server did not send the range that was asked for.", details);
}

function toReadable({ readableStreamBody: body }: BlobDownloadResponseParsed): Readable {
  if (body === undefined) return Readable.from([]);
  return body instanceof Readable ? body : new Readable().wrap(body);
}

async function* bodyChunks(body: Readable, expected: number | undefined, stop: TimedAbort, call: DriverCall): Chunks {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  let received = 0;
  try {
    for (;;) {
      stop.start(); // runs only while a chunk is awaited, since a slow reader is no error
      const next = await chunks.next();
      stop.stop();
      if (next.done === true) break;
      received += next.value.byteLength;
      yield next.value;
    }
  } catch (error) {
    throw bodyError(error, { ...call, signal: stop.signal });
  } finally {
    stop.stop();
    body.destroy();
  }
  if (expected !== undefined && received !== expected) {
    throw new StorageError("UNAVAILABLE", "The connection ended before the whole body had come.", call.details);
  }
}
