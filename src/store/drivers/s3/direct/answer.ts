import { isForeign } from "../answer.js";
import { CHECKSUM_ALGORITHMS, type BodyChecksum } from "../body-checksum.js";
import type { S3Description } from "../object-info.js";
import type { ObjectOperation } from "./object-request.js";
import { textOf, type DirectResponse } from "./response.js";

/** The facts of a response, in the fields of the SDK. */
export interface ObjectAnswer extends S3Description {
  readonly ContentLength?: number | undefined;
  readonly ContentRange?: string | undefined;
  /** The body of an object. */
  readonly Body?: unknown;
  /** The checksum of the body, if nothing else compares it. */
  readonly checksum?: BodyChecksum | undefined;
}

const GOOD: Readonly<Record<ObjectOperation, readonly number[]>> = {
  PutObject: [200],
  GetObject: [200, 206],
  HeadObject: [200],
  DeleteObject: [200, 204],
  HeadBucket: [200],
};

// Refusals that the SDK need not confirm. The body of a refusal must name its code.
const REFUSALS: readonly number[] = [404, 409, 412, 416];

// A response to a HEAD has no body, and the SDK uses these names for it.
const HEAD_REFUSALS: ReadonlyMap<number, string> = new Map([
  [404, "NotFound"],
  [400, "Unknown"],
  [405, "Unknown"],
]);

/**
 * Reads a response. Returns `undefined` if the SDK must send the request again to find out. In that case, and for
 * responses other than a good GetObject, the body is consumed or closed.
 *
 * @throws an error with the fields of the SDK's error, if the server clearly refuses
 */
export async function answerOf(
  operation: ObjectOperation,
  response: DirectResponse,
): Promise<ObjectAnswer | undefined> {
  const { status, headers, body } = response;
  if (GOOD[operation].includes(status)) {
    const answer = isForeign(`${operation}Command`, headers, {}) ? undefined : described(headers);
    if (operation !== "GetObject") return isGoodText(await textOf(response)) ? answer : undefined;
    const checksum = checksumOf(headers);
    if (answer !== undefined && checksum !== "unknown") return { ...answer, Body: body, checksum };
    body.destroy();
    return undefined;
  }
  const text = await textOf(response);
  const isHead = operation.startsWith("Head");
  const name = isHead ? headRefusal(response) : refusal(status, text);
  if (name === undefined) return undefined;
  throw Object.assign(failure(name, response), !isHead && { Code: name });
}

// A success status may carry an error, which shows only after the server has begun its response. The SDK looks for it
// in the same way.
function isGoodText(text: string | undefined): boolean {
  return text !== undefined && !text.endsWith("</Error>");
}

function headRefusal({ status, headers }: DirectResponse): string | undefined {
  // A bucket in another region names its region, and the SDK sends the request there.
  return headers["x-amz-bucket-region"] === undefined || status === 404 ? HEAD_REFUSALS.get(status) : undefined;
}

function refusal(status: number, text: string | undefined): string | undefined {
  if (!REFUSALS.includes(status)) return undefined;
  return /^(?:<\?xml[^>]*>)?\s*<Error[\s>].*?<Code>\s*(\w{1,100})\s*<\/Code>/s.exec(text ?? "")?.[1];
}

function failure(name: string, { status, headers }: DirectResponse): Error {
  const $metadata = {
    httpStatusCode: status,
    requestId: headers["x-amz-request-id"],
    extendedRequestId: headers["x-amz-id-2"],
    attempts: 1,
  };
  return Object.assign(new Error(name), { name, $fault: "client", $metadata });
}

// An HTTP date in the form that all senders must use (RFC 9110, 5.6.7).
const DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

const METADATA = "x-amz-meta-";

function described(headers: DirectResponse["headers"]): ObjectAnswer | undefined {
  const length = headers["content-length"];
  const modified = headers["last-modified"];
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return undefined;
  if (modified !== undefined && !DATE.test(modified)) return undefined;
  let Metadata: Record<string, string> | undefined;
  for (const name in headers) {
    if (name.startsWith(METADATA)) (Metadata ??= {})[name.slice(METADATA.length)] = headers[name]!;
  }
  return {
    ETag: headers["etag"],
    ContentLength: length === undefined ? undefined : Number(length),
    ContentRange: headers["content-range"],
    ContentType: headers["content-type"],
    LastModified: modified === undefined ? undefined : new Date(modified),
    Metadata,
  };
}

const HEADER = "x-amz-checksum-";

// These headers describe the other checksum headers.
const NO_CHECKSUMS = ["type", "mode", "algorithm"];

// No checksum, or one of the parts of an upload, which is not the checksum of the body.
const NOT_OF_THE_BODY = /^$|-[1-9]\d*$/;

/**
 * Returns the checksum to compare a body with. Returns `"unknown"` if all checksums are of kinds that only the SDK
 * may know.
 */
function checksumOf(headers: DirectResponse["headers"]): BodyChecksum | "unknown" | undefined {
  let found: BodyChecksum | "unknown" | undefined;
  for (const name in headers) {
    if (!name.startsWith(HEADER)) continue;
    const kind = name.slice(HEADER.length);
    const expected = headers[name]!;
    if (NO_CHECKSUMS.includes(kind) || NOT_OF_THE_BODY.test(expected)) continue;
    const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === kind);
    if (algorithm !== undefined) return { algorithm, expected };
    found = "unknown";
  }
  return found;
}
