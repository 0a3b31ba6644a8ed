import { isStorageError } from "../errors/error.js";
import { EXIT, EXIT_BY_ERROR, type ExitCode } from "./exit-codes.js";

/** Ends the program with a message and an exit code. */
export class CommandFailure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}

/** Makes a failure for wrong usage or configuration. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}

/** Returns the exit code for an error that a verb threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exitCode;
  return isStorageError(error) ? EXIT_BY_ERROR[error.code] : EXIT.failed;
}
