import { isForeign } from "../answer.js";
import { CHECKSUM_ALGORITHMS, type BodyChecksum } from "../body-checksum.js";
import type { S3Description } from "../object-info.js";
import type { ObjectOperation } from "./object-request.js";
import { textOf, type DirectResponse } from "./response.js";

/** What an answer says, in the fields of the SDK. */
export interface ObjectAnswer extends S3Description {
  readonly ContentLength?: number | undefined;
  readonly ContentRange?: string | undefined;
  /** The body of an object. */
  readonly Body?: unknown;
  /** What the body should be, where nobody else compares it. */
  readonly checksum?: BodyChecksum | undefined;
}

const GOOD: Readonly<Record<ObjectOperation, readonly number[]>> = {
  PutObject: [200],
  GetObject: [200, 206],
  HeadObject: [200],
  DeleteObject: [200, 204],
  HeadBucket: [200],
};

// What needs no second opinion. A refusal has to name itself in its body.
const REFUSALS: readonly number[] = [404, 409, 412, 416];

// An answer to a HEAD has no body, and the SDK has these names for it.
const HEAD_REFUSALS: ReadonlyMap<number, string> = new Map([
  [404, "NotFound"],
  [400, "Unknown"],
  [405, "Unknown"],
]);

/**
 * What an answer says, `undefined` where that is for the SDK to find out, by asking again. Its body is read then, unless
 * it is that of an object.
 *
 * @throws an error with the fields of the SDK's, if the server refuses for good
 */
export async function answerOf(
  operation: ObjectOperation,
  response: DirectResponse,
): Promise<ObjectAnswer | undefined> {
  const { status, headers, body } = response;
  if (GOOD[operation].includes(status)) {
    const answer = isForeign(`${operation}Command`, headers, {}) ? undefined : described(headers);
    if (operation !== "GetObject") return (await textOf(response)) === undefined ? undefined : answer;
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

function headRefusal({ status, headers }: DirectResponse): string | undefined {
  // A bucket of another region says so: the SDK goes there.
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

// An HTTP date as all have to send it (RFC 9110, 5.6.7).
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

// They say something of the others.
const NO_CHECKSUMS = ["type", "mode", "algorithm"];

// Of the parts of an upload: not that of the body.
const OF_PARTS = /-[1-9]\d*$/;

/** The checksum to compare a body with; `"unknown"` when there are only such as the SDK alone may know. */
function checksumOf(headers: DirectResponse["headers"]): BodyChecksum | "unknown" | undefined {
  let found: BodyChecksum | "unknown" | undefined;
  for (const name in headers) {
    if (!name.startsWith(HEADER)) continue;
    const kind = name.slice(HEADER.length);
    const expected = headers[name]!;
    if (NO_CHECKSUMS.includes(kind) || OF_PARTS.test(expected)) continue;
    const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === kind);
    if (algorithm !== undefined) return { algorithm, expected };
    found = "unknown";
  }
  return found;
}
