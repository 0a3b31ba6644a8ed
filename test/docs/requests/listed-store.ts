import { RecordingStore } from "../../support/recording-store.js";

/** A store of which a listing is written down as one call, whatever is taken of it. */
export class ListedStore extends RecordingStore {
  override list(...[prefix, options = {}]: Parameters<RecordingStore["list"]>) {
    this.calls.push({ operation: "list", path: prefix, options });
    return super.list(prefix, options);
  }
}

/** Calls of a store that a service would see. */
export function requestsOf(store: RecordingStore): number {
  return store.calls.filter(({ operation }) => ["write", "read", "stat", "delete", "copy", "list"].includes(operation))
    .length;
}
