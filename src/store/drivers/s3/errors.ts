import { isStorageError, type StorageError, type StorageErrorCode } from "../../../errors/error.js";
import { ServiceErrors, codesOfNames } from "../service-errors.js";
import { FOREIGN_ANSWER } from "./answer.js";
import { S3Failure } from "./failure.js";

// Another writer was at the same key, and the server decided neither way: "retry the upload" (S3 User Guide, "conditional
// writes"). The last is Ceph's name for it.
const CONFLICTS = "ConditionalRequestConflict OperationAborted ConcurrentModification";

// The SDK takes the time of the answer for the next request, which then passes.
const CLOCK_SKEW = "RequestExpired RequestInTheFuture RequestTimeTooSkewed";

// What the SDK calls an error whose answer says no more than its status, as that to a HEAD. S3 answers so when region or
// credentials are wrong, and a server of another protocol to all that comes.
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
  // S3's error codes (API reference, "Error responses"), and the SDK's names for what has none.
  names: codesOfNames({
    NOT_FOUND: "NoSuchKey NotFound",
    CONTAINER_NOT_FOUND: "NoSuchBucket",
    PERMISSION_DENIED:
      "AccessDenied AllAccessDisabled AccountProblem CredentialsProviderError ExpiredToken InvalidAccessKeyId " +
      `InvalidToken SignatureDoesNotMatch TokenProviderError TokenRefreshRequired ${CLOCK_SKEW}`,
    THROTTLED: "RequestLimitExceeded SlowDown Throttling ThrottlingException TooManyRequests TooManyRequestsException",
    // NoSuchUpload, IncompleteBody: the upload went away while it was going on; another attempt starts a new one.
    // TemporaryRedirect: the name of a bucket that was just made is not known everywhere yet.
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
  unmatched: ["NOT_FOUND"], // as S3 answers If-Match for a missing object
  nameless: ({ name, httpStatus = 0 }) => (name === NAMELESS ? BY_STATUS_ALONE.get(httpStatus) : undefined),
  special: ({ name }) => ({
    ...(name === FOREIGN_ANSWER && {
      message: "What answered is not S3, or something on the way answered in its place.",
    }),
    ...(isOneOf(CLOCK_SKEW, name) && { retryable: true }),
  }),
});

/** What a request failed with for no reason that is known, before it was sent. */
export function unsentFailureOf(error: StorageError): S3Failure | undefined {
  const failure = isStorageError(error, "UNEXPECTED") ? S3_ERRORS.failureOf(error) : undefined;
  return failure?.httpStatus === undefined && failure?.name !== FOREIGN_ANSWER ? failure : undefined;
}

/** Whether the answer to a HEAD leaves open what is wrong: it has no body, and some servers take no HEAD at all. */
export function isMuteRefusal(error: unknown): boolean {
  const { name, httpStatus } = S3_ERRORS.failureOf(error) ?? {};
  return name === NAMELESS && httpStatus !== undefined && BY_STATUS_ALONE.has(httpStatus);
}

/** Whether another writer was at the same key at the same time, so that S3 decided neither way. */
export function isConflict(error: unknown): boolean {
  return isOneOf(CONFLICTS, S3_ERRORS.failureOf(error)?.name ?? "");
}

function isOneOf(names: string, name: string): boolean {
  return names.split(" ").includes(name);
}
