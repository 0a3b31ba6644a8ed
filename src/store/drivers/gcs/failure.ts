import { isObject } from "../../../json/is-object.js";
import { word } from "../../../errors/service-text.js";

/**
 * What Cloud Storage, or the connection to it, said: the `cause` of the errors of a GcsStore. It stands in for the
 * library's own error, which carries the request with its access token and the response with its body. `name` is the
 * `reason` of the JSON API (`notFound`, `rateLimitExceeded`, ...) or the name of the error on this side.
 */
export class GcsFailure extends Error {
  /** Status of the HTTP response, if there was one. */
  readonly httpStatus: number | undefined;
  /** The id under which Google can look the request up (`x-guploader-uploadid`). */
  readonly requestId: string | undefined;
  /** How often the request was sent. */
  readonly attempts: number | undefined;
  /** Error code of the connection, such as `ECONNRESET`. */
  readonly code: string | undefined;

  constructor(facts: GcsFailureFacts) {
    const { name = "Error", httpStatus, requestId, code, attempts } = facts;
    super(describe(name, facts));
    this.name = name;
    this.httpStatus = httpStatus;
    this.requestId = requestId;
    this.attempts = attempts;
    this.code = code;
  }

  /**
   * The failure of something that was thrown on this side. Its message is not repeated: the library quotes the key file
   * that it can't parse, and answers of the token endpoint.
   */
  static of(error: unknown, attempts?: number): GcsFailure {
    if (error instanceof GcsFailure) return error;
    const fields: Partial<Record<string, unknown>> = isObject(error) ? error : {};
    const response: Partial<Record<string, unknown>> = isObject(fields["response"]) ? fields["response"] : {};
    const code = fields["code"];
    return new GcsFailure({
      name: word(fields["name"]),
      code: word(code),
      httpStatus: status(response["status"]) ?? status(fields["status"]) ?? status(Number(code)),
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

function describe(name: string, { httpStatus, code, requestId }: GcsFailureFacts): string {
  const facts = [
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
    ...(code === undefined || code === name ? [] : [code]),
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
  ];
  return facts.length === 0 ? name : `${name} (${facts.join(", ")})`;
}

function status(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 100 && value < 600 ? value : undefined;
}
