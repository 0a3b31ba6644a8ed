import { StorageError, isStorageError, type StorageErrorCode } from "../../../src/errors/error.js";
import type { DriverCall } from "../../../src/store/drivers/driver-store.js";
import { MESSAGE_OF_CODE } from "../../../src/store/drivers/http-errors.js";
import { ShelfFault } from "./client.js";

const CODE_OF_REASON: Record<ShelfFault["reason"], StorageErrorCode> = {
  missing: "NOT_FOUND",
  closed: "UNAVAILABLE",
  locked: "PERMISSION_DENIED",
};

/** What a failure of the client means, judged by its reason, never by its message. */
export function toStorageError(error: unknown, { details }: DriverCall): StorageError {
  if (isStorageError(error)) return error;
  const code = error instanceof ShelfFault ? CODE_OF_REASON[error.reason] : "UNEXPECTED";
  return new StorageError(code, MESSAGE_OF_CODE[code] ?? "The request to the shelf failed.", {
    ...details,
    cause: error,
  });
}
