import { StorageError } from "../errors/error.js";

/**
 * Refuses an argument of the wrong kind.
 *
 * @param owner the function that got it
 * @param problem the argument, and what it must be
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function assertArgument(isRight: boolean, owner: string, problem: string): asserts isRight {
  if (isRight) return;
  throw new StorageError("CONFIG_INVALID", `The arguments of ${owner} are not valid. ${problem}.`, {
    operation: "configure",
  });
}
