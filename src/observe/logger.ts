import type { BaseLogger } from "pino";
import type { StorageEvent } from "./event.js";

/** What is needed of a pino logger; every `pino()` and every child of one is one. */
export type StorageLogger = Pick<BaseLogger, "debug" | "warn"> & {
  isLevelEnabled?: ((level: "debug") => boolean) | undefined;
};

// Longer ones are no paths of objects, whatever the caller says.
const MAX_PATH_LENGTH = 4096;

/** An operation, and the path of the object or the prefix that it was about. */
export interface LoggedOperation {
  readonly event: StorageEvent;
  readonly path: string | undefined;
}

/**
 * Logs every operation: a success at level `debug`, an error at level `warn`. Where `debug` is logged, lines say the path
 * too. It may hold keys of a payload, so that others do not.
 */
export function logTo(logger: StorageLogger): (operation: LoggedOperation) => void {
  return ({ event, path }) => {
    const { operation, outcome, code } = event;
    const isPath = typeof path === "string" && path.length <= MAX_PATH_LENGTH && code !== "INVALID_PATH";
    const line = isPath ? { ...event, path } : event;
    if (outcome === "success") logger.debug(line, `storage ${operation}`);
    else logger.warn(logger.isLevelEnabled?.("debug") === true ? line : event, `storage ${operation} failed`);
  };
}
