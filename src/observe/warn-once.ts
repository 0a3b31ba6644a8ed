import type { StorageLogger } from "./logger.js";
import { notify } from "./notify.js";

/** Something that the user of a manager may have forgotten. */
export type Warning = "escaped" | "text";

const told = new WeakMap<object, Set<Warning>>();

/** Logs a warning the first time that it concerns an owner. */
export function warnOnce(owner: object, warning: Warning, logger: StorageLogger, message: string): void {
  const before = told.get(owner) ?? new Set();
  if (before.has(warning)) return;
  told.set(owner, before.add(warning));
  notify(() => logger.warn({ warning }, message), undefined);
}

/** Returns whether an owner was warned. */
export function wasWarned(owner: object, warning: Warning): boolean {
  return told.get(owner)?.has(warning) === true;
}
