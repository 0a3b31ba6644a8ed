import type { ServerResponse } from "node:http";
import { isStorageError, type StorageErrorCode } from "../errors/error.js";

/** The response to a request. */
export interface Answer {
  readonly status: number;
  /** A string is sent as it is, any other value as JSON. Absent for an empty body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a request with a status and a message for the client. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** What a browser may do with a response of the inspector: https://www.w3.org/TR/CSP3/ */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** Sets the headers of every response. */
export function guard(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

/** Sends a response. */
export function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isText = typeof body === "string";
  const type = isText ? {} : { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...(body === undefined ? {} : type), ...headers });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}

const STATUS: Partial<Record<StorageErrorCode, number>> = {
  NOT_FOUND: 404,
  CONTAINER_NOT_FOUND: 404,
  RELEASED: 410,
  INVALID_PATH: 400,
  INVALID_REFERENCE: 400,
  CONFIG_INVALID: 400,
  UNSERIALIZABLE: 400,
  UNKNOWN_SCHEME: 400,
  STORAGE_DISABLED: 409,
  REFERENCE_DENIED: 403,
  SIGNATURE_INVALID: 403,
  PERMISSION_DENIED: 403,
  BUDGET_EXCEEDED: 413,
  LIMIT_EXCEEDED: 413,
  RECURSION_LIMIT: 413,
  UNSUPPORTED: 501,
  TIMEOUT: 504,
};

/**
 * Turns an error into a response. The message of a storage error is sent. Other errors may hold anything, so their
 * messages are not sent.
 */
export function failureOf(error: unknown): Answer {
  if (error instanceof Refusal) {
    const { status, code, message, headers } = error;
    return { status, headers, body: { code, message } };
  }
  if (!isStorageError(error)) {
    return { status: 500, body: { code: "UNEXPECTED", message: "The inspector failed." } };
  }
  const { code, message, path, retryable } = error;
  const status = STATUS[code] ?? (retryable ? 503 : 500);
  return { status, body: { code, message, ...(path !== undefined && { path }) } };
}
