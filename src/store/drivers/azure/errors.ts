import type { StorageError } from "../../../errors/error.js";
import type { DriverCall } from "../driver-store.js";
import { CODE_OF_ERRNO } from "../http-errors.js";
import { ServiceErrors, codesOfNames, knownError } from "../service-errors.js";
import { AzureFailure } from "./failure.js";

// The SDK's errors without a response. The connection broke off, for the first and the last in the middle of a
// response.
const UNANSWERED = new Set(["PARSE_ERROR", "REQUEST_SEND_ERROR", "AbortError"]);

/** The errors of an AzureStore. */
export const AZURE_ERRORS = new ServiceErrors<AzureFailure>({
  service: "Azure",
  type: AzureFailure,
  read: (error) => new AzureFailure(error),
  // Azure's error codes ("Common REST API error codes", "Blob service error codes"). Also names of errors of the SDK
  // and of @azure/identity that have no such code.
  names: codesOfNames({
    NOT_FOUND: "BlobNotFound ResourceNotFound",
    CONTAINER_NOT_FOUND: "ContainerNotFound ContainerBeingDeleted",
    ALREADY_EXISTS: "BlobAlreadyExists",
    PRECONDITION_FAILED: "ConditionNotMet TargetConditionNotMet",
    PERMISSION_DENIED:
      "InvalidAuthenticationInfo NoAuthenticationInformation BlobImmutableDueToPolicy AuthenticationError " +
      "AuthenticationRequiredError AggregateAuthenticationError CredentialUnavailableError",
    THROTTLED: "ServerBusy",
    TIMEOUT: "OperationTimedOut",
    // From the third on: somebody holds the blob for a while, or the blob is being made. InvalidBlockList: another
    // writer committed the same blob, which discarded the blocks of this writer.
    UNAVAILABLE:
      "SourceConditionNotMet InternalError LeaseIdMissing LeaseAlreadyPresent PendingCopyOperation " +
      "BlobBeingRehydrated InvalidBlockList",
    LIMIT_EXCEEDED: "RequestBodyTooLarge BlockCountExceedsLimit MetadataTooLarge",
    INTEGRITY: "Md5Mismatch Crc64Mismatch",
    UNSUPPORTED: "BlobArchived FeatureVersionMismatch InvalidBlobType UnsupportedHttpVerb",
    INVALID_PATH: "InvalidResourceName InvalidUri OutOfRangeInput",
  }),
  statuses: [[405, "UNSUPPORTED"]],
  unmatched: ["NOT_FOUND", "ALREADY_EXISTS"],
  nameless: ({ name, code = "", httpStatus }) =>
    httpStatus === undefined && (UNANSWERED.has(name) || UNANSWERED.has(code)) ? "UNAVAILABLE" : undefined,
});

/**
 * Makes the error of a body that broke off. It is retryable whatever the SDK reports, since the next attempt may get
 * the whole body.
 */
export function bodyError(error: unknown, call: DriverCall): StorageError {
  const known = knownError(error, call);
  if (known !== undefined) return known;
  const failure = new AzureFailure(error);
  return AZURE_ERRORS.failed(CODE_OF_ERRNO.get(failure.code ?? "") ?? "UNAVAILABLE", failure, call);
}
