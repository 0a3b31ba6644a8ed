import type { Store } from "../../store.js";
import { FeatureLayer } from "./feature-layer.js";
import type { FeatureStore } from "./feature-store.js";
import { parseFeatureOptions, type FeatureOptions } from "./options.js";

/**
 * Decides what becomes of features that a store lacks.
 *
 * - By default an option that can't be honoured is `UNSUPPORTED` before any I/O, and the message names all of them.
 * - `loose` drops `contentType` and `metadata` of a write instead, and tells the observer of each (`option_dropped`).
 * - `simulate` emulates what the store lacks, by name. What it has itself is left to it. `capability` tells the result.
 *
 * | feature | how | what to know |
 * |---|---|---|
 * | `"metadata"` | Content type and metadata lie in a second object, the sidecar, which names the version (etag) that they are of. | Written after the object: in between, and for good if that fails (then the write has failed), the object has none. It never has those of another version. A write, delete or read is one request more. |
 * | `"copy"` | Reads and writes, content type and metadata with it. | The bytes pass through this process. |
 * | `"if-absent"` | Looks whether an object is there when the body has been read, then writes. | Exact among the writers of this process. One of another process that writes in between is overwritten. |
 * | `"links"` | See {@link FeatureStore.link}. | |
 *
 * Sidecars lie below `~coatcheck/`, where with `"metadata"` or `"links"` no caller's path may lead (`INVALID_PATH`), and
 * which no listing shows. They are found also when the store has metadata of its own by now: name the feature as long as
 * such objects are left. Over a store that routes, nothing but plain paths can be simulated: give each target a layer of
 * its own instead.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withFeatures(plain, { simulate: ["metadata", "copy"], loose: ["write"] });
 */
export function withFeatures(store: Store, options: FeatureOptions = {}): FeatureStore {
  return new FeatureLayer(store, parseFeatureOptions(store, options));
}
