import type { ManagerParts } from "../call/call.js";
import type { ManagerSettings } from "../configure/settings.js";
import { AutoCollector } from "./auto-collector.js";
import { EntrySource } from "../hydrate/reads/entry-source.js";
import { logTo } from "../observe/logger.js";
import { Recorder } from "../observe/recorder.js";
import { DriverStore } from "../store/drivers/driver-store.js";
import { isOwnStore } from "../store/guard/own-stores.js";

/** The parts that a manager is made of. */
export interface OwnParts extends ManagerParts {
  readonly source: EntrySource;
  /** Whether the parts belong to another manager, which alone closes them. */
  readonly isBorrowed: boolean;
  /** Collects in the background, if the options ask for it. */
  readonly collector: AutoCollector | undefined;
}

/** Makes the parts of a new manager. */
export function ownParts(settings: ManagerSettings): OwnParts {
  const { store, observer = [], logger, readCache } = settings;
  // This library's own drivers have nothing to report. It is not known what other stores have below them.
  const storesTell = store !== undefined && !(store instanceof DriverStore && isOwnStore(store));
  const recorder = new Recorder(observer, { log: logger && logTo(logger), storesTell });
  const parts = { settings, recorder, source: new EntrySource(readCache, recorder) };
  const collects = settings.retention.auto && store !== undefined;
  return { ...parts, isBorrowed: false, collector: collects ? new AutoCollector(parts) : undefined };
}
