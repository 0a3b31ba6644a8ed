import type { DriverCall } from "../driver-store.js";
import { abortedError } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import { AzureFailure } from "./failure.js";
import { CODE_OF_ERRNO, CODE_OF_STATUS, MESSAGE_OF_CODE } from "../http-errors.js";

// Azure's error codes ("Common REST API error codes", "Blob service error codes"), and names of the SDK and of
// @azure/identity for what has none.
const BY_NAME = new Map<string, StorageErrorCode>(
  Object.entries({
    BlobNotFound: "NOT_FOUND",
    ResourceNotFound: "NOT_FOUND",
    ContainerNotFound: "CONTAINER_NOT_FOUND",
    ContainerBeingDeleted: "CONTAINER_NOT_FOUND",
    BlobAlreadyExists: "ALREADY_EXISTS",
    ConditionNotMet: "PRECONDITION_FAILED",
    TargetConditionNotMet: "PRECONDITION_FAILED",
    SourceConditionNotMet: "UNAVAILABLE",
    InvalidAuthenticationInfo: "PERMISSION_DENIED",
    NoAuthenticationInformation: "PERMISSION_DENIED",
    BlobImmutableDueToPolicy: "PERMISSION_DENIED",
    AuthenticationError: "PERMISSION_DENIED",
    AuthenticationRequiredError: "PERMISSION_DENIED",
    AggregateAuthenticationError: "PERMISSION_DENIED",
    CredentialUnavailableError: "PERMISSION_DENIED",
    ServerBusy: "THROTTLED",
    OperationTimedOut: "TIMEOUT",
    InternalError: "UNAVAILABLE",
    // Somebody holds the blob for a while, or it is being made.
    LeaseIdMissing: "UNAVAILABLE",
    LeaseAlreadyPresent: "UNAVAILABLE",
    PendingCopyOperation: "UNAVAILABLE",
    BlobBeingRehydrated: "UNAVAILABLE",
    // Another writer committed the same blob, and with that threw away the blocks of this one.
    InvalidBlockList: "UNAVAILABLE",
    RequestBodyTooLarge: "LIMIT_EXCEEDED",
    BlockCountExceedsLimit: "LIMIT_EXCEEDED",
    MetadataTooLarge: "LIMIT_EXCEEDED",
    Md5Mismatch: "INTEGRITY",
    Crc64Mismatch: "INTEGRITY",
    BlobArchived: "UNSUPPORTED",
    FeatureVersionMismatch: "UNSUPPORTED",
    InvalidBlobType: "UNSUPPORTED",
    UnsupportedHttpVerb: "UNSUPPORTED",
    InvalidResourceName: "INVALID_PATH",
    InvalidUri: "INVALID_PATH",
    OutOfRangeInput: "INVALID_PATH",
  } as const),
);

// What the SDK says without an answer: the connection broke off, in the middle of one for the first and the last.
const BY_SDK_NAME = new Map<string, StorageErrorCode>(
  Object.entries({
    PARSE_ERROR: "UNAVAILABLE",
    REQUEST_SEND_ERROR: "UNAVAILABLE",
    AbortError: "UNAVAILABLE",
  } as const),
);

const BY_STATUS = new Map<number, StorageErrorCode>([
  ...CODE_OF_STATUS,
  [405, "UNSUPPORTED"],
  [412, "PRECONDITION_FAILED"],
]);

/**
 * The typed error of whatever a request failed with, judged by error code, HTTP status and errno, never by message.
 * Its cause is an {@link AzureFailure}.
 */
export function toStorageError(error: unknown, call: DriverCall): StorageError {
  if (isStorageError(error)) return error;
  if (call.signal?.aborted) return abortedError(call.signal, call.details);
  const failure = new AzureFailure(error);
  return failed(codeOf(failure, call.condition), failure, call);
}

/** The error of a body that broke off: whatever the SDK says of it, it may come whole another time. */
export function bodyError(error: unknown, call: DriverCall): StorageError {
  if (call.signal?.aborted) return abortedError(call.signal, call.details);
  const failure = new AzureFailure(error);
  return failed(CODE_OF_ERRNO.get(failure.code ?? "") ?? "UNAVAILABLE", failure, call);
}

/** The error of a condition that was seen not to hold. */
export function conditionError(code: "ALREADY_EXISTS" | "PRECONDITION_FAILED", details: CallDetails): StorageError {
  return new StorageError(code, MESSAGE_OF_CODE[code]!, details);
}

/** What Azure said, if it was Azure that made a call fail. */
export function failureOf(error: unknown): AzureFailure | undefined {
  return isStorageError(error) && error.cause instanceof AzureFailure ? error.cause : undefined;
}

function failed(code: StorageErrorCode, failure: AzureFailure, { details }: DriverCall): StorageError {
  const message = MESSAGE_OF_CODE[code] ?? "The request to Azure failed";
  const text = message.endsWith(".") ? message : `${message}: ${failure.message.replace(/\.$/, "")}.`;
  return new StorageError(code, text, { ...details, cause: failure });
}

function codeOf({ name, code = "", httpStatus }: AzureFailure, condition: DriverCall["condition"]): StorageErrorCode {
  const found =
    CODE_OF_ERRNO.get(code) ??
    BY_NAME.get(name) ??
    (httpStatus === undefined ? (BY_SDK_NAME.get(name) ?? BY_SDK_NAME.get(code)) : byStatus(httpStatus)) ??
    "UNEXPECTED";
  if (condition === "ifNoneMatch" && found === "PRECONDITION_FAILED") return "ALREADY_EXISTS";
  if (condition === "ifMatch" && (found === "NOT_FOUND" || found === "ALREADY_EXISTS")) return "PRECONDITION_FAILED";
  return found;
}

function byStatus(status: number): StorageErrorCode | undefined {
  return BY_STATUS.get(status) ?? (status >= 500 ? "UNAVAILABLE" : undefined);
}
