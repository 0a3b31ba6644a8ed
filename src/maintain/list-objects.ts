import { types } from "node:util";
import { StorageError } from "../errors/error.js";
import { isCount } from "../json/scalars.js";
import { openListing } from "../store/open-listing.js";
import { abortable } from "../async/abort.js";
import { systemClock } from "../async/clock.js";
import { TimedAbort } from "../async/timed-abort.js";
import { checkListed } from "../store/listed-object.js";
import type { ListOptions, ObjectInfo } from "../store/store.js";
import { assertOwnListing } from "../configure/confine.js";
import { abortedCall, lateCall } from "../call/deadline.js";
import { Turns } from "../async/turns.js";
import { giveUp } from "../async/give-up.js";
import { requireStore } from "../call/call.js";
import type { ManagerSettings } from "../configure/settings.js";
import { callFailure } from "../errors/as-storage-error.js";

/**
 * Lists objects by path prefix. Each step has the time limit of a call. The time that the reader takes between two
 * steps does not count. Objects outside the prefix are not passed on.
 *
 * @throws {StorageError} `UNEXPECTED` when the store lists an object outside the prefix, or one with an invalid size
 *   or time
 */
export async function* listObjects(
  prefix: string,
  { signal, ...options }: ListOptions,
  settings: ManagerSettings,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const store = requireStore(settings, "list");
  assertOwnListing(prefix, settings, store.name);
  const checked = checkListed(prefix, store.name);
  const listing = new AbortController();
  // One timer for all steps, because there may be a million steps.
  const step = new TimedAbort(signal, systemClock, settings.timeout, (limit) => lateCall("list", limit));
  const turns = new Turns();
  let objects: AsyncIterator<ObjectInfo> | undefined;
  try {
    for (;;) {
      if (signal?.aborted) throw abortedCall("list", signal);
      step.start();
      objects ??= openListing(store, prefix, { ...options, signal: listing.signal })[Symbol.asyncIterator]();
      const next = await abortable(objects.next(), step.signal);
      step.stop();
      if (next.done === true) return;
      // A store may answer at once without end. The timer of the call must get its turn.
      if (turns.due) await turns.take();
      yield sound(checked(next.value), store.name);
    }
  } catch (cause) {
    const error = signal?.aborted ? abortedCall("list", signal) : cause;
    listing.abort(error);
    throw callFailure(error, signal, { operation: "list", store: store.name });
  } finally {
    step.end();
    giveUp(() => objects?.return?.());
  }
}

/** Checks an object that a user's own store listed. Callers add up its size and compare its time. */
function sound(object: ObjectInfo, store: string): ObjectInfo {
  const { path, size, lastModified } = object;
  if (isCount(size) && (lastModified === undefined || types.isDate(lastModified))) return object;
  const message =
    "The store listed an object whose size is no whole number of bytes, or whose lastModified is no Date.";
  throw new StorageError("UNEXPECTED", message, { operation: "list", store, path });
}
