import { NO_OBJECT } from "../no-object.js";
import type { StorageErrorCode } from "../../errors/error.js";

// The shared error tables of the drivers for HTTP services. Each driver adds the special cases of its service.

/**
 * The code for an HTTP status, if the service gives no details. Source: RFC 9110. Status 429 is from RFC 6585, and
 * 507 from RFC 4918.
 */
export const CODE_OF_STATUS: ReadonlyMap<number, StorageErrorCode> = new Map([
  [401, "PERMISSION_DENIED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [408, "TIMEOUT"],
  [412, "PRECONDITION_FAILED"],
  [413, "LIMIT_EXCEEDED"],
  [429, "THROTTLED"],
  [501, "UNSUPPORTED"],
  [507, "INSUFFICIENT_STORAGE"],
]);

/** The codes for errors of sockets, name servers and streams, by their code in Node. */
export const CODE_OF_ERRNO: ReadonlyMap<string, StorageErrorCode> = new Map([
  ["EAI_AGAIN", "UNAVAILABLE"],
  ["ECONNABORTED", "UNAVAILABLE"],
  ["ECONNREFUSED", "UNAVAILABLE"],
  ["ECONNRESET", "UNAVAILABLE"],
  ["EHOSTUNREACH", "UNAVAILABLE"],
  ["ENETUNREACH", "UNAVAILABLE"],
  ["ENOTFOUND", "UNAVAILABLE"],
  ["EPIPE", "UNAVAILABLE"],
  ["ERR_STREAM_PREMATURE_CLOSE", "UNAVAILABLE"],
  ["ESOCKETTIMEDOUT", "TIMEOUT"],
  ["ETIMEDOUT", "TIMEOUT"],
]);

/** Messages for codes that need no further details. */
export const MESSAGE_OF_CODE: Readonly<Partial<Record<StorageErrorCode, string>>> = {
  NOT_FOUND: NO_OBJECT,
  CONTAINER_NOT_FOUND: "There is no such bucket or container: make it, or correct its name.",
  ALREADY_EXISTS: "An object is already there.",
  PRECONDITION_FAILED: "The object is missing or is another version.",
};
