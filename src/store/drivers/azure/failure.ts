import { harmlessMessage, requestIdOf, word } from "../../../errors/service-text.js";
import { ServiceFailure, fieldsOf, numberOf } from "../service-failure.js";

/**
 * The failure that Azure or the connection to it reported. It is the `cause` of the errors of an AzureStore. It
 * replaces the SDK's own error, which carries the whole request. Its headers hold the signature or the token, and the
 * URL may hold a signature too.
 *
 * The `name` is Azure's error code (such as `BlobNotFound` or `ServerBusy`) or the SDK's name for the error. `code` may
 * be the SDK's too, such as `REQUEST_SEND_ERROR`.
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
    // Errors before a request (credentials, DNS) are local, and their message says what to repair. All other messages
    // may quote the request or the response.
    const isLocal = httpStatus === undefined && (fields["request"] === undefined || /^E[A-Z_]+$/.test(code ?? ""));
    const message = isLocal ? harmlessMessage(fields["message"]) : undefined;
    super({ name, httpStatus, requestId, code: code === serviceCode ? undefined : code }, message);
  }
}

function header({ headers }: Partial<Record<string, unknown>>, name: string): unknown {
  const { get } = fieldsOf(headers);
  return typeof get === "function" ? get.call(headers, name) : undefined;
}
