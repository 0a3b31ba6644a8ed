import { harmlessMessage, requestIdOf, word } from "../../../errors/service-text.js";

/**
 * What Azure, or the connection to it, said: the `cause` of the errors of an AzureStore. It stands in for the SDK's own
 * error, which carries the whole request: its headers with the signature or the token, and a URL that may be one.
 * `name` is Azure's error code (`BlobNotFound`, `ServerBusy`, ...) or the SDK's name for it.
 */
export class AzureFailure extends Error {
  /** Status of the HTTP response, if there was one. */
  readonly httpStatus: number | undefined;
  /** The id under which Microsoft can look the request up. */
  readonly requestId: string | undefined;
  /** Error code of the connection, such as `ECONNRESET`, or of the SDK, such as `REQUEST_SEND_ERROR`. */
  readonly code: string | undefined;

  constructor(error: unknown) {
    const fields = record(error);
    const response = record(fields["response"]);
    const status = count(fields["statusCode"]) ?? count(response["status"]);
    const code = word(fields["code"]);
    const serviceCode = word(header(response, "x-ms-error-code")) ?? (status === undefined ? undefined : code);
    const name = serviceCode ?? word(fields["name"]) ?? "Error";
    const requestId = requestIdOf(header(response, "x-ms-request-id"));
    super(describe(fields, name, status, requestId, code));
    this.name = name;
    this.httpStatus = status;
    this.requestId = requestId;
    this.code = code === serviceCode ? undefined : code;
  }
}

// What fails before a request is made (credentials, DNS) happens on this side and says what to repair. All else may
// quote the request or the response.
function describe(
  fields: Fields,
  name: string,
  status: number | undefined,
  requestId: string | undefined,
  code: string | undefined,
): string {
  const message = harmlessMessage(fields["message"]);
  const local = status === undefined && (fields["request"] === undefined || /^E[A-Z_]+$/.test(code ?? ""));
  if (local && message !== undefined) return message;
  const facts = [
    ...(status === undefined ? [] : [`HTTP ${status}`]),
    ...(code === undefined || code === name ? [] : [code]),
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
  ];
  return facts.length === 0 ? name : `${name} (${facts.join(", ")})`;
}

type Fields = Partial<Record<string, unknown>>;

function record(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value : {};
}

function header(response: Fields, name: string): unknown {
  const headers = response["headers"];
  const get = record(headers)["get"];
  return typeof get === "function" ? get.call(headers, name) : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
