import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { StorageError } from "../../../errors/error.js";
import type { ReadOptions } from "../../store.js";
import { isRangeOf, parseContentRange, rangeHeader } from "../byte-range.js";
import type { DriverCall } from "../driver-store.js";
import type { BodyChecksum } from "./body-checksum.js";
import type { S3Bucket } from "./bucket.js";
import type { ObjectAnswer } from "./direct/answer.js";
import { S3_ERRORS } from "./errors.js";
import type { S3Description } from "./object-info.js";

/** An object whose body comes, or the range of it that was asked for. */
export interface OpenedObject {
  readonly body: Readable;
  /** Bytes that come. */
  readonly length: number;
  /** Bytes of the whole object. */
  readonly total: number;
  /** What the body should be, where nobody else compares it. */
  readonly checksum: BodyChecksum | undefined;
  readonly description: S3Description;
}

/** Asks for an object, or the range of it that the options say. `undefined` for a range that has no bytes. */
export async function openObject(
  bucket: S3Bucket,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<OpenedObject | undefined> {
  const range = rangeHeader(options);
  if (options.length === 0) return undefined;
  let output: ObjectAnswer;
  try {
    output = await bucket.ask(call, "GetObject", { ...bucket.address(path), Range: range });
  } catch (error) {
    // The range begins at or past the end of the object: an empty one has no range at all.
    if (range !== undefined && S3_ERRORS.httpStatusOf(error) === 416) return undefined;
    throw error;
  }
  const body = toReadable(output.Body);
  // An error of a body that nobody reads must not end the process; who reads it is told all the same.
  body.on("error", () => undefined);
  const sent = range === undefined ? wholeSent(output) : rangeSent(output, options);
  if (sent !== undefined) return { body, ...sent, checksum: output.checksum, description: output };
  body.destroy();
  throw new StorageError("UNEXPECTED", "The server did not say that it sent the bytes asked for.", call.details);
}

/** The error of a body that broke, or was not read to its end. */
export function bodyFailure(body: Readable, error: unknown, call: DriverCall): StorageError {
  return isChecksumMismatch(body, error) ? corruptBody(call) : S3_ERRORS.of(error, call);
}

/** The error of a body that is another one than S3 keeps. */
export function corruptBody(call: DriverCall): StorageError {
  return new StorageError("INTEGRITY", "The body has not the checksum that S3 keeps of it.", call.details);
}

/** @throws {StorageError} `UNAVAILABLE` when other bytes have come than were to come */
export function assertLength(received: number, expected: number, call: DriverCall): void {
  if (received === expected) return;
  const message =
    received > expected
      ? "The server sent more bytes than it said."
      : "The connection ended before the whole body had come.";
  throw new StorageError("UNAVAILABLE", message, call.details);
}

/** How many bytes come, and how many the object has. */
type Sent = Pick<OpenedObject, "length" | "total">;

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

// The SDK checks the body in a stream around the response, and its error for a mismatch has neither name nor code. It is
// the one failure after the whole response has come.
function isChecksumMismatch(body: Readable, error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== "Error" || "code" in error) return false; // as those of Node have
  return "source" in body && body.source instanceof Readable && body.source.readableEnded;
}
