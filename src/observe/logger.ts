import type { BaseLogger } from "pino";
import type { StorageObserver } from "./event.js";

/** What is needed of a pino logger; every `pino()` and every child of one is one. */
export type StorageLogger = Pick<BaseLogger, "debug" | "warn">;

/** Logs every operation: a success at level `debug`, an error at level `warn`. */
export function logTo(logger: StorageLogger): StorageObserver {
  return (event) => {
    const { operation, outcome } = event;
    if (outcome === "success") logger.debug(event, `storage ${operation}`);
    else logger.warn(event, `storage ${operation} failed`);
  };
}
