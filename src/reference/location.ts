import { StorageError } from "../errors/error.js";
import { splitLocation, type Location } from "../paths/location.js";
import { pathProblem } from "../paths/path.js";

/**
 * Splits the text of a reference into its parts: an object path, or `scheme://container/path`.
 *
 * @throws {StorageError} `INVALID_REFERENCE` for an absolute path, `..`, a backslash, a control character and every
 *   other text that is no object path
 */
export function parseLocation(ref: string): Location {
  return splitLocation(ref, assertObjectPath, invalidReference);
}

function assertObjectPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw invalidReference(`its object path is not valid: ${problem}`);
}

/**
 * Makes the error of a reference that can't be used. The message never repeats the reference, which may come from
 * anywhere.
 */
export function invalidReference(problem: string, cause?: unknown): StorageError {
  return new StorageError("INVALID_REFERENCE", `A reference is not valid: ${problem}.`, {
    operation: "hydrate",
    cause,
  });
}

/** The problem of a reference with an unknown key. The message does not name the key, because it is data. */
export const FOREIGN_KEY = "it has a key beside those of a reference";
