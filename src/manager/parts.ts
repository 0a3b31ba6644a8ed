import { abortable } from "../async/abort.js";
import type { ManagerParts } from "../call/call.js";
import { withDeadline } from "../call/deadline.js";
import type { ManagerSettings } from "../configure/settings.js";
import { callFailure } from "../errors/as-storage-error.js";
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

/** Closes what a manager owns. See `StorageManager.close`. */
export async function close({ settings: { store, timeout }, source, isBorrowed, collector }: OwnParts): Promise<void> {
  if (isBorrowed) return;
  source.close();
  await collector?.stop();
  if (store === undefined) return;
  try {
    // A store that hangs must not keep a process from ending.
    await withDeadline("close", { timeout }, (signal) => abortable(Promise.resolve(store.close()), signal));
  } catch (error) {
    throw callFailure(error, undefined, { operation: "close", store: store.name });
  }
}
