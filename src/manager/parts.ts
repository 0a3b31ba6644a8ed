import type { ManagerParts } from "../call/call.js";
import type { ManagerSettings } from "../configure/settings.js";
import { EntrySource } from "../hydrate/reads/entry-source.js";
import { logTo } from "../observe/logger.js";
import { Recorder } from "../observe/recorder.js";

/** What a manager is made of. */
export interface OwnParts extends ManagerParts {
  readonly source: EntrySource;
  /** Whether they are those of another manager, which alone closes them. */
  readonly isBorrowed: boolean;
}

/** The parts of a new manager. */
export function ownParts(settings: ManagerSettings): OwnParts {
  const { observer, logger, readCache } = settings;
  const recorder = new Recorder([
    ...(observer === undefined ? [] : [observer]),
    ...(logger === undefined ? [] : [logTo(logger)]),
  ]);
  return { settings, recorder, source: new EntrySource(readCache, recorder), isBorrowed: false };
}
