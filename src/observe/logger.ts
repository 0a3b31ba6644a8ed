import type { BaseLogger } from "pino";
import type { StorageEvent } from "./event.js";
import { notify } from "./notify.js";

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
    const told = outcome === "success" || logger.isLevelEnabled?.("debug") === true ? line : event;
    // The methods of a logger may be async, and reject.
    if (outcome === "success") notify(() => logger.debug(told, `storage ${operation}`), undefined);
    else notify(() => logger.warn(told, `storage ${operation} failed`), undefined);
  };
}
