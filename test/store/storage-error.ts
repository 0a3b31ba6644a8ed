import type { StorageError } from "../../src/errors/error.js";

/** What `toThrow` compares an error with: these fields of it. */
export function storageError(fields: Partial<StorageError>): Error {
  return expect.objectContaining(fields) as Error;
}
