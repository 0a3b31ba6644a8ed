import { abortable } from "../async/abort.js";
import { withDeadline } from "../call/deadline.js";
import { callFailure } from "../errors/as-storage-error.js";
import type { OwnParts } from "./parts.js";

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
