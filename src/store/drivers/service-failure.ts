import { isObject } from "../../json/is-object.js";

/** The known facts of a failed request. */
export interface FailureFacts {
  name?: string | undefined;
  httpStatus?: number | undefined;
  requestId?: string | undefined;
  code?: string | undefined;
}

/**
 * The failure that a service behind HTTP or the connection to it reported. It replaces the error of the client
 * library, which carries the request with its credentials.
 */
export abstract class ServiceFailure extends Error {
  /** Status of the HTTP response, if there was one. */
  readonly httpStatus: number | undefined;
  /** The id by which the provider can look up the request. */
  readonly requestId: string | undefined;
  /** Error code of the connection, such as `ECONNRESET`. */
  readonly code: string | undefined;

  /** @param message default: the facts, since a message of the service may quote the request or the body */
  protected constructor(facts: FailureFacts, message = describe(facts)) {
    super(message);
    this.name = facts.name ?? "Error";
    this.httpStatus = facts.httpStatus;
    this.requestId = facts.requestId;
    this.code = facts.code;
  }
}

function describe({ name = "Error", httpStatus, code, requestId }: FailureFacts): string {
  const facts = [
    ...(httpStatus === undefined ? [] : [`HTTP ${httpStatus}`]),
    ...(code === undefined || code === name ? [] : [code]),
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
  ];
  return facts.length === 0 ? name : `${name} (${facts.join(", ")})`;
}

/** Returns the fields of any thrown value. Each may be missing. */
export function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
