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

/** An object, or the requested range of it, whose body is on its way. */
export interface OpenedObject {
  readonly body: Readable;
  /** Bytes of the body. */
  readonly length: number;
  /** Bytes of the whole object. */
  readonly total: number;
  /** The checksum of the body, if nothing else compares it. */
  readonly checksum: BodyChecksum | undefined;
  readonly description: S3Description;
}

/** Requests an object, or the range of it that the options ask for. Returns `undefined` for a range without bytes. */
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
    // The range begins at or after the end of the object. An empty object has no range at all.
    if (range !== undefined && S3_ERRORS.httpStatusOf(error) === 416) return undefined;
    throw error;
  }
  const body = toReadable(output.Body);
  // The error of a body that nobody reads must not end the process. A reader still gets the error.
  body.on("error", () => undefined);
  const sent = range === undefined ? wholeSent(output) : rangeSent(output, options);
  if (sent !== undefined) return { body, ...sent, checksum: output.checksum, description: output };
  body.destroy();
  throw new StorageError("UNEXPECTED", "The server did not say that it sent the bytes asked for.", call.details);
}

/** Makes the error of a body that broke, or was not read to its end. */
export function bodyFailure(body: Readable, error: unknown, call: DriverCall): StorageError {
  return isChecksumMismatch(body, error) ? corruptBody(call) : S3_ERRORS.of(error, call);
}

/** Makes the error of a body that differs from the one that S3 stores. */
export function corruptBody(call: DriverCall): StorageError {
  return new StorageError("INTEGRITY", "The body has not the checksum that S3 keeps of it.", call.details);
}

/** @throws {StorageError} `UNAVAILABLE` if the number of bytes is not the expected one */
export function assertLength(received: number, expected: number, call: DriverCall): void {
  if (received === expected) return;
  const message =
    received > expected
      ? "The server sent more bytes than it said."
      : "The connection ended before the whole body had come.";
  throw new StorageError("UNAVAILABLE", message, call.details);
}

/** Bytes of the body, and bytes of the whole object. */
type Sent = Pick<OpenedObject, "length" | "total">;

function wholeSent({ ContentLength: length, ContentRange }: ObjectAnswer): Sent | undefined {
  return length === undefined || ContentRange !== undefined ? undefined : { length, total: length };
}

// A server or a proxy may send other bytes than the requested ones, and say so. Nothing else checks this.
function rangeSent({ ContentLength, ContentRange }: ObjectAnswer, options: ReadOptions): Sent | undefined {
  const range = parseContentRange(ContentRange);
  if (range === undefined || !isRangeOf(range, options.offset ?? 0, options.length)) return undefined;
  const length = range.last - range.first + 1;
  return ContentLength === undefined || ContentLength === length ? { length, total: range.total } : undefined;
}

// A client with a fetch handler returns a web stream.
function toReadable(body: ObjectAnswer["Body"]): Readable {
  if (body === undefined) return Readable.from([]);
  return body instanceof Readable ? body : Readable.fromWeb(body as ReadableStream);
}

// The SDK checks the body in a stream around the response. Its error for a mismatch has neither name nor code. It is
// the only failure after the whole response has arrived.
function isChecksumMismatch(body: Readable, error: unknown): boolean {
  // Errors of Node have a code.
  if (!(error instanceof Error) || error.name !== "Error" || "code" in error) return false;
  return "source" in body && body.source instanceof Readable && body.source.readableEnded;
}
