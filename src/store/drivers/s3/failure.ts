import { isObject } from "../../../json/is-object.js";
import { harmlessMessage, requestIdOf, word } from "../../../errors/service-text.js";

/**
 * What S3, or the connection to it, said: the `cause` of the errors of an S3Store. It stands in for the SDK's own
 * error, which carries the response with its body, and may carry the access key and the string that was signed.
 * `name` is S3's error code (`NoSuchKey`, `SlowDown`, ...) or the SDK's name for it.
 */
export class S3Failure extends Error {
  /** Status of the HTTP response, if there was one. */
  readonly httpStatus: number | undefined;
  /** The id under which the provider can look the request up. */
  readonly requestId: string | undefined;
  /** AWS's second id of the request (`x-amz-id-2`). */
  readonly extendedRequestId: string | undefined;
  /** How often the SDK sent the request. */
  readonly attempts: number | undefined;
  /** Error code of the connection, such as `ECONNRESET`. */
  readonly code: string | undefined;

  constructor(error: unknown) {
    const fields: Partial<Record<string, unknown>> = isObject(error) ? error : {};
    const metadata: Partial<Record<string, unknown>> = isObject(fields["$metadata"]) ? fields["$metadata"] : {};
    const name = word(fields["name"]) ?? "Error";
    const status = count(metadata["httpStatusCode"]);
    const requestId = requestIdOf(metadata["requestId"]);
    const code = word(fields["code"]) ?? word(fields["Code"]);
    super(describe(error, name, status, requestId, code));
    this.name = name;
    this.httpStatus = status;
    this.requestId = requestId;
    this.extendedRequestId = requestIdOf(metadata["extendedRequestId"]);
    this.attempts = count(metadata["attempts"]);
    this.code = code;
  }
}

// A message of the service, or of the SDK about its response, may quote the request or the body. What else fails
// (credentials, region, DNS) happens on this side and says what to repair.
function describe(error: unknown, name: string, status?: number, requestId?: string, code?: string): string {
  if (isObject(error) && status === undefined && !("$response" in error) && !("$fault" in error)) {
    return harmlessMessage(error["message"]) ?? name;
  }
  const facts = [
    ...(status === undefined ? [] : [`HTTP ${status}`]),
    ...(code === undefined || code === name ? [] : [code]),
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
  ];
  return facts.length === 0 ? name : `${name} (${facts.join(", ")})`;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
