import { openListing } from "../store/open-listing.js";
import { abortable } from "../async/abort.js";
import { checkListed } from "../store/listed-object.js";
import type { ListOptions, ObjectInfo } from "../store/store.js";
import { assertOwnListing } from "../configure/confine.js";
import { withDeadline } from "../call/deadline.js";
import { giveUp } from "../async/give-up.js";
import { requireStore } from "../call/require-store.js";
import type { ManagerSettings } from "../configure/settings.js";
import { callFailure } from "../errors/as-storage-error.js";

/**
 * Lists objects by path prefix. Every step has the time limit of a call, since how long the reader takes between two
 * steps is its own affair. What lies elsewhere is not handed on.
 *
 * @throws {StorageError} `UNEXPECTED` when the store lists what does not lie below the prefix
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
  let objects: AsyncIterator<ObjectInfo> | undefined;
  try {
    for (;;) {
      const next = await withDeadline("list", { timeout: settings.timeout, signal }, (stepSignal) => {
        objects ??= openListing(store, prefix, { ...options, signal: listing.signal })[Symbol.asyncIterator]();
        return abortable(objects.next(), stepSignal);
      });
      if (next.done === true) return;
      yield checked(next.value);
    }
  } catch (error) {
    listing.abort(error);
    throw callFailure(error, signal, { operation: "list", store: store.name });
  } finally {
    giveUp(() => objects?.return?.());
  }
}
