import { word } from "../../errors/service-text.js";

/**
 * What the API server, or the connection to it, said: the `cause` of the errors of the Kubernetes resolvers. It stands in
 * for the client's own error, whose message quotes the answer with its body, a Secret perhaps, and its headers.
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
