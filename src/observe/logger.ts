import type { BaseLogger } from "pino";
import type { StorageEvent } from "./event.js";

/** The part of a pino logger that is needed. Every `pino()` and every child logger has it. */
export type StorageLogger = Pick<BaseLogger, "debug" | "warn"> & {
  isLevelEnabled?: ((level: "debug") => boolean) | undefined;
};

// Longer texts are not paths of objects, whatever the caller says.
const MAX_PATH_LENGTH = 4096;

/** An operation, and the path of its object or its prefix. */
export interface LoggedOperation {
  readonly event: StorageEvent;
  readonly path: string | undefined;
}

/**
 * Logs every operation: a success at level `debug`, an error at level `warn`. Lines hold the path only where `debug`
 * is logged, because a path may hold keys of a payload.
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
