import { word } from "../../../errors/service-text.js";
import { ServiceFailure, fieldsOf } from "../service-failure.js";

/**
 * What Cloud Storage, or the connection to it, said: the `cause` of the errors of a GcsStore. It stands in for the
 * library's own error, which carries the request with its access token and the response with its body. `name` is the
 * `reason` of the JSON API (`notFound`, `rateLimitExceeded`, ...) or the name of the error on this side; `requestId` is
 * Google's `x-guploader-uploadid`.
 */
export class GcsFailure extends ServiceFailure {
  /** How often the request was sent. */
  readonly attempts: number | undefined;

  constructor(facts: GcsFailureFacts) {
    super(facts);
    this.attempts = facts.attempts;
  }

  /**
   * The failure of something that was thrown on this side. Its message is not repeated: the library quotes the key file
   * that it can't parse, and answers of the token endpoint.
   */
  static of(error: unknown, attempts?: number): GcsFailure {
    if (error instanceof GcsFailure) return error;
    const fields = fieldsOf(error);
    const code = fields["code"];
    return new GcsFailure({
      name: word(fields["name"]),
      code: word(code),
      httpStatus: status(fieldsOf(fields["response"])["status"]) ?? status(fields["status"]) ?? status(Number(code)),
      attempts,
    });
  }
}

/** What is known of a failed request. */
export interface GcsFailureFacts {
  name?: string | undefined;
  httpStatus?: number | undefined;
  requestId?: string | undefined;
  attempts?: number | undefined;
  code?: string | undefined;
}

function status(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 100 && value < 600 ? value : undefined;
}
