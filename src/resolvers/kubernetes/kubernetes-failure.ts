import { word } from "../../errors/service-text.js";

/**
 * The message of the API server, or of the connection to it. It is the `cause` of the errors of the Kubernetes
 * resolvers. It replaces the client's own error, whose message quotes the response with its headers and its body,
 * which may be a Secret.
 */
export class KubernetesFailure extends Error {
  /** Status of the HTTP response, if there was one. */
  readonly httpStatus: number | undefined;
  /** Error code of the connection, such as `ECONNRESET`. */
  readonly code: string | undefined;

  constructor(error: unknown) {
    const { name, code, statusCode } = fieldsOf(error);
    const status = typeof code === "number" ? code : statusCode;
    const httpStatus = typeof status === "number" ? status : undefined;
    const errno = word(code);
    const said = httpStatus === undefined ? errno : `HTTP ${httpStatus}`;
    super(said ?? "The client of Kubernetes failed");
    this.name = word(name) ?? "Error";
    this.httpStatus = httpStatus;
    this.code = errno;
  }
}

function fieldsOf(error: unknown): Partial<Record<"name" | "code" | "statusCode", unknown>> {
  return typeof error === "object" && error !== null ? error : {};
}
