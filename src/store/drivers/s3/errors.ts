import { isStorageError, type StorageError, type StorageErrorCode } from "../../../errors/error.js";
import { ServiceErrors, codesOfNames } from "../service-errors.js";
import { FOREIGN_ANSWER } from "./answer.js";
import { S3Failure } from "./failure.js";

// Another writer was at the same key, and the server made no decision: "retry the upload" (S3 User Guide,
// "conditional writes"). The last name is Ceph's.
const CONFLICTS = "ConditionalRequestConflict OperationAborted ConcurrentModification";

// The SDK adopts the time of the response, so the next request succeeds.
const CLOCK_SKEW = "RequestExpired RequestInTheFuture RequestTimeTooSkewed";

// The SDK's name for an error whose response has no details beyond its status, such as the response to a HEAD. S3
// sends it for a wrong region or wrong credentials. A server of another protocol sends it for every request.
const NAMELESS = "Unknown";
const BY_STATUS_ALONE = new Map<number, StorageErrorCode>([
  [400, "CONFIG_INVALID"],
  [405, "UNSUPPORTED"],
]);

/** The errors of an S3Store. */
export const S3_ERRORS = new ServiceErrors<S3Failure>({
  service: "S3",
  type: S3Failure,
  read: (error) => new S3Failure(error),
  // S3's error codes (API reference, "Error responses"), and the SDK's names of errors without such a code.
  names: codesOfNames({
    NOT_FOUND: "NoSuchKey NotFound",
    CONTAINER_NOT_FOUND: "NoSuchBucket",
    PERMISSION_DENIED:
      "AccessDenied AllAccessDisabled AccountProblem CredentialsProviderError ExpiredToken InvalidAccessKeyId " +
      `InvalidToken SignatureDoesNotMatch TokenProviderError TokenRefreshRequired ${CLOCK_SKEW}`,
    THROTTLED: "RequestLimitExceeded SlowDown Throttling ThrottlingException TooManyRequests TooManyRequestsException",
    // NoSuchUpload, IncompleteBody: the upload disappeared while it was in progress, and another attempt starts a new
    // one. TemporaryRedirect: the name of a new bucket is not known everywhere yet.
    UNAVAILABLE: `InternalError ServiceUnavailable NoSuchUpload IncompleteBody TemporaryRedirect ${CONFLICTS}`,
    TIMEOUT: "RequestTimeout RequestTimeoutException TimeoutError",
    LIMIT_EXCEEDED: "EntityTooLarge MetadataTooLarge TooManyParts",
    INSUFFICIENT_STORAGE: "QuotaExceeded",
    INTEGRITY: "BadDigest XAmzContentChecksumMismatch XAmzContentSHA256Mismatch",
    UNSUPPORTED: "NotImplemented MethodNotAllowed",
    CONFIG_INVALID:
      "AuthorizationHeaderMalformed IllegalLocationConstraintException InvalidBucketName PermanentRedirect",
    INVALID_PATH: "KeyTooLong KeyTooLongError",
  }),
  statuses: [[301, "CONFIG_INVALID"]],
  unmatched: ["NOT_FOUND"], // S3's response to If-Match for a missing object
  nameless: ({ name, httpStatus = 0 }) => (name === NAMELESS ? BY_STATUS_ALONE.get(httpStatus) : undefined),
  special: ({ name }) => ({
    ...(name === FOREIGN_ANSWER && {
      message: "What answered is not S3, or something on the way answered in its place.",
    }),
    ...(isOneOf(CLOCK_SKEW, name) && { retryable: true }),
  }),
});

/** Returns the failure of a request that failed before it was sent, for an unknown reason. */
export function unsentFailureOf(error: StorageError): S3Failure | undefined {
  const failure = isStorageError(error, "UNEXPECTED") ? S3_ERRORS.failureOf(error) : undefined;
  return failure?.httpStatus === undefined && failure?.name !== FOREIGN_ANSWER ? failure : undefined;
}

/**
 * Tells whether the response to a HEAD leaves the reason open. It has no body, and some servers do not support HEAD.
 */
export function isMuteRefusal(error: unknown): boolean {
  const { name, httpStatus } = S3_ERRORS.failureOf(error) ?? {};
  return name === NAMELESS && httpStatus !== undefined && BY_STATUS_ALONE.has(httpStatus);
}

/** Tells whether another writer was at the same key at the same time, so that S3 made no decision. */
export function isConflict(error: unknown): boolean {
  return isOneOf(CONFLICTS, S3_ERRORS.failureOf(error)?.name ?? "");
}

function isOneOf(names: string, name: string): boolean {
  return names.split(" ").includes(name);
}
