import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { StorageError } from "../../../errors/error.js";
import { streamResult } from "../../read-result.js";
import type { ReadOptions, ReadResult } from "../../store.js";
import { emptyRange, isRangeOf, parseContentRange, rangeHeader } from "../byte-range.js";
import { readCall, type DriverCall } from "../driver-store.js";
import { RunningChecksum, type BodyChecksum } from "./body-checksum.js";
import type { S3Bucket } from "./bucket.js";
import type { ObjectAnswer } from "./direct/answer.js";
import { S3_ERRORS } from "./errors.js";
import { toObjectInfo } from "./object-info.js";
import { statObject } from "./object.js";

/** Reads an object, or the range of it that the options ask for. */
export async function readObject(
  bucket: S3Bucket,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  const range = rangeHeader(options);
  if (options.length === 0) return emptyRange(statObject(bucket, path, call), call);
  let output: ObjectAnswer;
  try {
    output = await bucket.ask(call, "GetObject", { ...bucket.address(path), Range: range });
  } catch (error) {
    // The range begins at or past the end of the object: an empty one has no range at all.
    if (range !== undefined && S3_ERRORS.httpStatusOf(error) === 416)
      return emptyRange(statObject(bucket, path, call), call);
    throw error;
  }
  const body = toReadable(output.Body);
  // An error of a body that nobody reads must not end the process; who reads it is told all the same.
  body.on("error", () => undefined);
  const sent = range === undefined ? wholeSent(output) : rangeSent(output, options);
  if (sent === undefined) {
    body.destroy();
    throw new StorageError("UNEXPECTED", "The server did not say that it sent the bytes asked for.", call.details);
  }
  return streamResult(
    toObjectInfo(path, sent.total, output),
    bodyChunks(body, sent.length, output.checksum, call),
    () => void body.destroy(),
    readCall(call),
  );
}

/** How many bytes come, and how many the object has. */
interface Sent {
  readonly length: number;
  readonly total: number;
}

function wholeSent({ ContentLength: length, ContentRange }: ObjectAnswer): Sent | undefined {
  return length === undefined || ContentRange !== undefined ? undefined : { length, total: length };
}

// A server or a proxy may send other bytes than those asked for, and says so: nobody else would notice.
function rangeSent({ ContentLength, ContentRange }: ObjectAnswer, options: ReadOptions): Sent | undefined {
  const range = parseContentRange(ContentRange);
  if (range === undefined || !isRangeOf(range, options.offset ?? 0, options.length)) return undefined;
  const length = range.last - range.first + 1;
  return ContentLength === undefined || ContentLength === length ? { length, total: range.total } : undefined;
}

// A client with a fetch handler answers with a web stream.
function toReadable(body: ObjectAnswer["Body"]): Readable {
  if (body === undefined) return Readable.from([]);
  return body instanceof Readable ? body : Readable.fromWeb(body as ReadableStream);
}

async function* bodyChunks(
  body: Readable,
  expected: number,
  checksum: BodyChecksum | undefined,
  call: DriverCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const running = checksum && new RunningChecksum(checksum);
  let received = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      received += chunk.byteLength;
      if (received > expected) break;
      running?.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw isChecksumMismatch(body, error) ? corrupt(call) : S3_ERRORS.of(error, call);
  } finally {
    body.destroy();
  }
  if (received > expected) {
    throw new StorageError("UNAVAILABLE", "The server sent more bytes than it said.", call.details);
  }
  if (received < expected) {
    throw new StorageError("UNAVAILABLE", "The connection ended before the whole body had come.", call.details);
  }
  if (running?.isRight === false) throw corrupt(call);
}

function corrupt(call: DriverCall): StorageError {
  return new StorageError("INTEGRITY", "The body has not the checksum that S3 keeps of it.", call.details);
}

// The SDK checks the body in a stream around the response, and its error for a mismatch has neither name nor code. It is
// the one failure after the whole response has come.
function isChecksumMismatch(body: Readable, error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "Error" || "code" in error) return false; // as those of Node have
  return "source" in body && body.source instanceof Readable && body.source.readableEnded;
}
