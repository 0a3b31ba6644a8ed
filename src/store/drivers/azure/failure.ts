import { harmlessMessage, requestIdOf, word } from "../../../errors/service-text.js";
import { ServiceFailure, fieldsOf, numberOf } from "../service-failure.js";

/**
 * What Azure, or the connection to it, said: the `cause` of the errors of an AzureStore. It stands in for the SDK's own
 * error, which carries the whole request: its headers with the signature or the token, and a URL that may be one.
 * `name` is Azure's error code (`BlobNotFound`, `ServerBusy`, ...) or the SDK's name for it; `code` may be the SDK's too,
 * such as `REQUEST_SEND_ERROR`.
 */
export class AzureFailure extends ServiceFailure {
  constructor(error: unknown) {
    const fields = fieldsOf(error);
    const response = fieldsOf(fields["response"]);
    const httpStatus = numberOf(fields["statusCode"]) ?? numberOf(response["status"]);
    const code = word(fields["code"]);
    const serviceCode = word(header(response, "x-ms-error-code")) ?? (httpStatus === undefined ? undefined : code);
    const name = serviceCode ?? word(fields["name"]) ?? "Error";
    const requestId = requestIdOf(header(response, "x-ms-request-id"));
    // What fails before a request is made (credentials, DNS) happens on this side and says what to repair. All else may
    // quote the request or the response.
    const isLocal = httpStatus === undefined && (fields["request"] === undefined || /^E[A-Z_]+$/.test(code ?? ""));
    const message = isLocal ? harmlessMessage(fields["message"]) : undefined;
    super({ name, httpStatus, requestId, code: code === serviceCode ? undefined : code }, message);
  }
}

function header({ headers }: Partial<Record<string, unknown>>, name: string): unknown {
  const { get } = fieldsOf(headers);
  return typeof get === "function" ? get.call(headers, name) : undefined;
}
