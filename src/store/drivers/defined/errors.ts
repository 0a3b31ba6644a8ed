import { abortedError } from "../../../async/abort.js";
import { asStorageError, restated } from "../../../errors/as-storage-error.js";
import { isStorageError, StorageError, type StorageErrorCode } from "../../../errors/error.js";
import { isObject } from "../../../json/is-object.js";
import type { DriverCall } from "../driver-store.js";
import { CODE_OF_ERRNO, CODE_OF_STATUS } from "../http-errors.js";

/** Makes the error of a failed function of a definition. */
export function definedError(
  error: unknown,
  { details, signal }: DriverCall,
  codeOf: (error: unknown) => StorageErrorCode | undefined,
): StorageError {
  if (signal?.aborted === true) return isStorageError(error, "ABORTED") ? error : abortedError(signal, details);
  if (isStorageError(error)) return error.store === details.store ? error : restated(error, details);
  const code = codeOf(error);
  if (code === undefined) return asStorageError(error, details);
  return new StorageError(code, `The store ${details.store} failed; see the cause.`, { ...details, cause: error });
}

/** Returns the code for an error, from the error code of a socket or the status of a response. */
export function codeByFacts(error: unknown): StorageErrorCode | undefined {
  if (!isObject(error)) return undefined;
  const { cause, code, status, statusCode } = error;
  const known = typeof code === "string" ? CODE_OF_ERRNO.get(code) : undefined;
  if (known !== undefined) return known;
  const answered = status ?? statusCode;
  if (typeof answered === "number")
    return CODE_OF_STATUS.get(answered) ?? (answered >= 500 ? "UNAVAILABLE" : undefined);
  // fetch() wraps the error of the socket.
  return isObject(cause) && typeof cause["code"] === "string" ? CODE_OF_ERRNO.get(cause["code"]) : undefined;
}
