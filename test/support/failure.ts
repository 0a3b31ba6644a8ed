import { isStorageError, type StorageError } from "../../src/errors/error.js";

/** The StorageError that a call rejects with. Fails for a call that succeeds or rejects with something else. */
export async function failureOf(call: Promise<unknown>): Promise<StorageError> {
  const error: unknown = await call.then(
    () => new Error("The call succeeded."),
    (reason: unknown) => reason,
  );
  if (isStorageError(error)) return error;
  throw new Error("The call did not reject with a StorageError.", { cause: error });
}

/** The StorageError that a function throws. Fails for one that returns or throws something else. */
export function thrownBy(run: () => unknown): StorageError {
  try {
    run();
  } catch (error) {
    if (isStorageError(error)) return error;
    throw new Error("It did not throw a StorageError.", { cause: error });
  }
  throw new Error("It threw nothing.");
}
