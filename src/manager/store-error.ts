import { StorageError, isStorageError, type StorageErrorDetails } from "../store/error.js";

/** Any failure as a {@link StorageError}: what a store of the user's own throws may be anything. */
export function asStorageError(error: unknown, details: StorageErrorDetails): StorageError {
  if (isStorageError(error)) return error;
  return new StorageError("UNEXPECTED", "The store failed with an error that is not a StorageError; see its cause.", {
    ...details,
    cause: error,
  });
}
