import type { ManagerParts } from "../call/call.js";
import type { ManagerSettings } from "../configure/settings.js";
import { AutoCollector } from "./auto-collector.js";
import { EntrySource } from "../hydrate/reads/entry-source.js";
import { logTo } from "../observe/logger.js";
import { Recorder } from "../observe/recorder.js";
import { DriverStore } from "../store/drivers/driver-store.js";
import { isOwnStore } from "../store/guard/own-stores.js";

/** What a manager is made of. */
export interface OwnParts extends ManagerParts {
  readonly source: EntrySource;
  /** Whether they are those of another manager, which alone closes them. */
  readonly isBorrowed: boolean;
  /** Collects in the background, where that is asked for. */
  readonly collector: AutoCollector | undefined;
}

/** The parts of a new manager. */
export function ownParts(settings: ManagerSettings): OwnParts {
  const { store, observer = [], logger, readCache } = settings;
  // A driver of ours has nothing to tell; what others have below them is not known.
  const storesTell = store !== undefined && !(store instanceof DriverStore && isOwnStore(store));
  const recorder = new Recorder(observer, { log: logger && logTo(logger), storesTell });
  const parts = { settings, recorder, source: new EntrySource(readCache, recorder) };
  const collects = settings.retention.auto && store !== undefined;
  return { ...parts, isBorrowed: false, collector: collects ? new AutoCollector(parts) : undefined };
}
