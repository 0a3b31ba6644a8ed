import type { StorageError } from "../../../errors/error.js";
import type { DriverCall } from "../driver-store.js";
import { ServiceErrors, codesOfNames, knownError } from "../service-errors.js";
import { GcsFailure } from "./failure.js";

/** The errors of a GcsStore. */
export const GCS_ERRORS = new ServiceErrors<GcsFailure>({
  service: "Cloud Storage",
  type: GcsFailure,
  read: (error) => GcsFailure.of(error),
  // Reasons of the JSON API (Cloud Storage, "HTTP status and error codes for JSON") that are more exact than the
  // status.
  names: codesOfNames({
    THROTTLED: "rateLimitExceeded userRateLimitExceeded dailyLimitExceeded concurrentLimitExceeded",
    INSUFFICIENT_STORAGE: "quotaExceeded",
    LIMIT_EXCEEDED: "uploadTooLarge",
    UNSUPPORTED: "notImplemented",
    UNAVAILABLE: "backendError internalError",
  }),
  statuses: [
    [405, "UNSUPPORTED"],
    [504, "TIMEOUT"],
  ],
  unmatched: [],
});

/**
 * Makes the error of credentials that could not be obtained or used. The code is `PERMISSION_DENIED`, unless only the
 * server of the credentials can't be reached.
 */
export function toCredentialsError(error: unknown, call: DriverCall): StorageError {
  const known = knownError(error, call);
  if (known !== undefined) return known;
  const failure = GcsFailure.of(error);
  const code = GCS_ERRORS.codeOf(failure);
  const passing = code === "UNAVAILABLE" || code === "TIMEOUT" || code === "THROTTLED";
  return GCS_ERRORS.failed(passing ? code : "PERMISSION_DENIED", failure, call, "The credentials can't be used");
}
