import { StorageError } from "../../src/errors/error.js";

/** The error that `act` fails with; anything but a StorageError fails the test. */
export function failureOf(act: () => unknown): StorageError {
  try {
    act();
  } catch (error) {
    return asStorageError(error);
  }
  throw new Error("nothing was thrown");
}

/** The error that a promise rejects with; anything but a StorageError fails the test. */
export async function rejectionOf(promise: Promise<unknown>): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    return asStorageError(error);
  }
  throw new Error("nothing was rejected");
}

function asStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  throw new Error("not a StorageError", { cause: error });
}
