import type { DriverCall } from "../driver-store.js";
import { abortedError } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import { FOREIGN_ANSWER } from "./answer.js";
import { S3Failure } from "./failure.js";
import { CODE_OF_ERRNO, CODE_OF_STATUS, MESSAGE_OF_CODE } from "../http-errors.js";

// Another writer was at the same key, and the server decided neither way: "retry the upload" (S3 User Guide, "conditional
// writes"). The last is Ceph's name for it.
const CONFLICTS = new Set(["ConditionalRequestConflict", "OperationAborted", "ConcurrentModification"]);

// S3's error codes (API reference, "Error responses"), and the SDK's names for what has none.
const BY_NAME = new Map<string, StorageErrorCode>(
  Object.entries({
    NoSuchKey: "NOT_FOUND",
    NotFound: "NOT_FOUND",
    NoSuchBucket: "CONTAINER_NOT_FOUND",
    AccessDenied: "PERMISSION_DENIED",
    AllAccessDisabled: "PERMISSION_DENIED",
    AccountProblem: "PERMISSION_DENIED",
    CredentialsProviderError: "PERMISSION_DENIED",
    ExpiredToken: "PERMISSION_DENIED",
    InvalidAccessKeyId: "PERMISSION_DENIED",
    InvalidToken: "PERMISSION_DENIED",
    RequestExpired: "PERMISSION_DENIED",
    RequestInTheFuture: "PERMISSION_DENIED",
    RequestTimeTooSkewed: "PERMISSION_DENIED",
    SignatureDoesNotMatch: "PERMISSION_DENIED",
    TokenProviderError: "PERMISSION_DENIED",
    TokenRefreshRequired: "PERMISSION_DENIED",
    RequestLimitExceeded: "THROTTLED",
    SlowDown: "THROTTLED",
    Throttling: "THROTTLED",
    ThrottlingException: "THROTTLED",
    TooManyRequests: "THROTTLED",
    TooManyRequestsException: "THROTTLED",
    InternalError: "UNAVAILABLE",
    ServiceUnavailable: "UNAVAILABLE",
    // The upload went away while it was going on: another attempt starts a new one.
    NoSuchUpload: "UNAVAILABLE",
    IncompleteBody: "UNAVAILABLE",
    RequestTimeout: "TIMEOUT",
    RequestTimeoutException: "TIMEOUT",
    TimeoutError: "TIMEOUT",
    EntityTooLarge: "LIMIT_EXCEEDED",
    MetadataTooLarge: "LIMIT_EXCEEDED",
    TooManyParts: "LIMIT_EXCEEDED",
    QuotaExceeded: "INSUFFICIENT_STORAGE",
    BadDigest: "INTEGRITY",
    XAmzContentChecksumMismatch: "INTEGRITY",
    XAmzContentSHA256Mismatch: "INTEGRITY",
    NotImplemented: "UNSUPPORTED",
    MethodNotAllowed: "UNSUPPORTED",
    AuthorizationHeaderMalformed: "CONFIG_INVALID",
    IllegalLocationConstraintException: "CONFIG_INVALID",
    InvalidBucketName: "CONFIG_INVALID",
    PermanentRedirect: "CONFIG_INVALID",
    // The name of a bucket that was just made is not known everywhere yet.
    TemporaryRedirect: "UNAVAILABLE",
    KeyTooLong: "INVALID_PATH",
    KeyTooLongError: "INVALID_PATH",
  } as const),
);

// The SDK takes the time of the answer for the next request, which then passes.
const CLOCK_SKEW = new Set(["RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"]);

// What the SDK calls an error whose answer says no more than its status, as that to a HEAD. S3 answers so when region or
// credentials are wrong, and a server of another protocol to all that comes.
const NAMELESS = "Unknown";
const BY_STATUS_ALONE = new Map<number, StorageErrorCode>([
  [400, "CONFIG_INVALID"],
  [405, "UNSUPPORTED"],
]);

const BY_STATUS = new Map<number, StorageErrorCode>([...CODE_OF_STATUS, [301, "CONFIG_INVALID"]]);

/**
 * The typed error of whatever a request failed with, judged by error code, HTTP status and errno, never by message.
 * Its cause is an {@link S3Failure}.
 */
export function toStorageError(error: unknown, call: DriverCall): StorageError {
  if (isStorageError(error)) return error;
  if (call.signal?.aborted) return abortedError(call.signal, call.details);
  const failure = new S3Failure(error);
  const code = codeOf(failure, call.condition);
  const message = messageOf(failure, code);
  const details = { ...call.details, cause: failure };
  return new StorageError(code, message, CLOCK_SKEW.has(failure.name) ? { ...details, retryable: true } : details);
}

function messageOf(failure: S3Failure, code: StorageErrorCode): string {
  if (failure.name === FOREIGN_ANSWER) return "What answered is not S3, or something on the way answered in its place.";
  return MESSAGE_OF_CODE[code] ?? `The request to S3 failed: ${failure.message.replace(/\.$/, "")}.`;
}

/** What a request failed with for no reason that is known, before it was sent. */
export function unsentFailureOf({ code, cause }: StorageError): S3Failure | undefined {
  const isUnknown = code === "UNEXPECTED" && cause instanceof S3Failure && cause.name !== FOREIGN_ANSWER;
  return isUnknown && cause.httpStatus === undefined ? cause : undefined;
}

/** Whether the answer to a HEAD leaves open what is wrong: it has no body, and some servers take no HEAD at all. */
export function isMuteRefusal(error: unknown): boolean {
  if (!isStorageError(error) || !(error.cause instanceof S3Failure)) return false;
  const { name, httpStatus } = error.cause;
  return name === NAMELESS && httpStatus !== undefined && BY_STATUS_ALONE.has(httpStatus);
}

/** The error of a condition that was seen not to hold. */
export function conditionError(code: "ALREADY_EXISTS" | "PRECONDITION_FAILED", details: CallDetails): StorageError {
  return new StorageError(code, MESSAGE_OF_CODE[code]!, details);
}

/** Whether another writer was at the same key at the same time, so that S3 decided neither way. */
export function isConflict(error: unknown): boolean {
  return isStorageError(error) && error.cause instanceof S3Failure && CONFLICTS.has(error.cause.name);
}

/** The HTTP status that a failed request was answered with. */
export function httpStatusOf(error: unknown): number | undefined {
  return isStorageError(error) && error.cause instanceof S3Failure ? error.cause.httpStatus : undefined;
}

function codeOf(failure: S3Failure, condition: DriverCall["condition"]): StorageErrorCode {
  const { name, code = "", httpStatus } = failure;
  if (httpStatus === 412) return condition === "ifNoneMatch" ? "ALREADY_EXISTS" : "PRECONDITION_FAILED";
  if (CONFLICTS.has(name)) return "UNAVAILABLE";
  // The errno first: the SDK gives every broken connection the name TimeoutError.
  const found = CODE_OF_ERRNO.get(code) ?? BY_NAME.get(name) ?? BY_NAME.get(code) ?? byStatus(failure) ?? "UNEXPECTED";
  // S3 answers If-Match for a missing object with 404.
  return found === "NOT_FOUND" && condition === "ifMatch" ? "PRECONDITION_FAILED" : found;
}

function byStatus({ name, httpStatus: status }: S3Failure): StorageErrorCode | undefined {
  if (status === undefined) return undefined;
  if (name === NAMELESS && BY_STATUS_ALONE.has(status)) return BY_STATUS_ALONE.get(status);
  return BY_STATUS.get(status) ?? (status >= 500 ? "UNAVAILABLE" : undefined);
}
