import { harmlessMessage, requestIdOf, word } from "../../../errors/service-text.js";
import { ServiceFailure, fieldsOf, numberOf } from "../service-failure.js";

/**
 * The failure that S3 or the connection to it reported. It is the `cause` of the errors of an S3Store. It replaces
 * the SDK's own error, which carries the response with its body. That error may also carry the access key and the
 * string that was signed. The `name` is S3's error code (such as `NoSuchKey` or `SlowDown`) or the SDK's name for the
 * error.
 */
export class S3Failure extends ServiceFailure {
  /** AWS's second id of the request (`x-amz-id-2`). */
  readonly extendedRequestId: string | undefined;
  /** Number of times that the SDK sent the request. */
  readonly attempts: number | undefined;

  constructor(error: unknown) {
    const fields = fieldsOf(error);
    const metadata = fieldsOf(fields["$metadata"]);
    const name = word(fields["name"]) ?? "Error";
    const httpStatus = numberOf(metadata["httpStatusCode"]);
    const requestId = requestIdOf(metadata["requestId"]);
    const code = word(fields["code"]) ?? word(fields["Code"]);
    // A message of the service, or of the SDK about its response, may quote the request or the body. All other
    // failures (credentials, region, DNS) are local, and their message says what to repair.
    const isLocal = fields === error && httpStatus === undefined && !("$response" in fields) && !("$fault" in fields);
    const message = isLocal ? (harmlessMessage(fields["message"]) ?? name) : undefined;
    super({ name, httpStatus, requestId, code }, message);
    this.extendedRequestId = requestIdOf(metadata["extendedRequestId"]);
    this.attempts = numberOf(metadata["attempts"]);
  }
}
