import { word } from "../../../errors/service-text.js";
import { ServiceFailure, fieldsOf } from "../service-failure.js";

/**
 * The failure that Cloud Storage or the connection to it reported. It is the `cause` of the errors of a GcsStore. It
 * replaces the library's own error, which carries the request with its access token and the response with its body.
 *
 * The `name` is the `reason` of the JSON API (such as `notFound` or `rateLimitExceeded`) or the name of the local error.
 * `requestId` is Google's `x-guploader-uploadid`.
 */
export class GcsFailure extends ServiceFailure {
  /** Number of times that the request was sent. */
  readonly attempts: number | undefined;

  constructor(facts: GcsFailureFacts) {
    super(facts);
    this.attempts = facts.attempts;
  }

  /**
   * Makes the failure of a local error. Does not repeat its message: the library quotes a key file that it can't
   * parse, and responses of the token endpoint.
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

/** The known facts of a failed request. */
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
