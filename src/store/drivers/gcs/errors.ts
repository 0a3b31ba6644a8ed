import type { DriverCall } from "../driver-store.js";
import { abortedError } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import { GcsFailure } from "./failure.js";
import { CODE_OF_ERRNO, CODE_OF_STATUS, MESSAGE_OF_CODE } from "../http-errors.js";

// Reasons of the JSON API (Cloud Storage, "HTTP status and error codes for JSON") that say more than their status.
const BY_REASON = new Map<string, StorageErrorCode>(
  Object.entries({
    rateLimitExceeded: "THROTTLED",
    userRateLimitExceeded: "THROTTLED",
    dailyLimitExceeded: "THROTTLED",
    concurrentLimitExceeded: "THROTTLED",
    quotaExceeded: "INSUFFICIENT_STORAGE",
    uploadTooLarge: "LIMIT_EXCEEDED",
    notImplemented: "UNSUPPORTED",
    backendError: "UNAVAILABLE",
    internalError: "UNAVAILABLE",
  } as const),
);

const BY_STATUS = new Map<number, StorageErrorCode>([...CODE_OF_STATUS, [405, "UNSUPPORTED"], [504, "TIMEOUT"]]);

/**
 * The typed error of whatever a request failed with, judged by HTTP status, reason and errno, never by message. Its cause
 * is a {@link GcsFailure}.
 */
export function toStorageError(error: unknown, call: DriverCall): StorageError {
  if (isStorageError(error)) return error;
  if (call.signal?.aborted) return abortedError(call.signal, call.details);
  const failure = GcsFailure.of(error);
  return errorOf(codeOf(failure, call.condition), call.details, failure);
}

/** The error of credentials that could not be had or used: refused, unless only their server can't be reached. */
export function toCredentialsError(error: unknown, call: DriverCall): StorageError {
  if (isStorageError(error)) return error;
  if (call.signal?.aborted) return abortedError(call.signal, call.details);
  const failure = GcsFailure.of(error);
  const code = codeOf(failure, undefined);
  const passing = code === "UNAVAILABLE" || code === "TIMEOUT" || code === "THROTTLED";
  return errorOf(passing ? code : "PERMISSION_DENIED", call.details, failure, "The credentials can't be used");
}

/** An error of this code with its usual message. */
export function errorOf(
  code: StorageErrorCode,
  details: CallDetails,
  cause?: GcsFailure,
  message = MESSAGE_OF_CODE[code] ?? "The request to Cloud Storage failed",
): StorageError {
  const reason = message.endsWith(".") || cause === undefined ? "" : `: ${cause.message}`;
  return new StorageError(code, message.endsWith(".") ? message : `${message}${reason}.`, { ...details, cause });
}

/** The HTTP status that a failed request was answered with. */
export function httpStatusOf(error: unknown): number | undefined {
  return isStorageError(error) && error.cause instanceof GcsFailure ? error.cause.httpStatus : undefined;
}

function codeOf({ name, code = "", httpStatus }: GcsFailure, condition: DriverCall["condition"]): StorageErrorCode {
  if (httpStatus === 412) return condition === "ifNoneMatch" ? "ALREADY_EXISTS" : "PRECONDITION_FAILED";
  return CODE_OF_ERRNO.get(code) ?? BY_REASON.get(name) ?? byStatus(httpStatus) ?? "UNEXPECTED";
}

function byStatus(status: number | undefined): StorageErrorCode | undefined {
  if (status === undefined) return undefined;
  return BY_STATUS.get(status) ?? (status >= 500 ? "UNAVAILABLE" : undefined);
}
