import type { Store } from "../../store.js";
import { FeatureLayer } from "./feature-layer.js";
import type { FeatureStore } from "./feature-store.js";
import { parseFeatureOptions, type FeatureOptions } from "./options.js";

/**
 * Adds features that a store lacks, or decides how calls that need them end.
 *
 * - By default an option that can't be honoured is `UNSUPPORTED` before any I/O, and the message names all such
 *   options.
 * - `loose` drops `contentType` and `metadata` of a write instead, and tells the observer of each (`option_dropped`).
 * - `simulate` emulates what the store lacks, by name. A feature that the store has itself is left to it.
 *   `capability` shows the result.
 *
 * | feature | how | what to know |
 * |---|---|---|
 * | `"metadata"` | Content type and metadata lie in a second object, the sidecar, which names the version (etag) that they belong to. | The sidecar is written after the object. In between, the object has no attributes. If writing the sidecar fails, the write has failed, and the object has none for good. It never has those of another version. A write, delete or read costs one request more. |
 * | `"copy"` | Reads and writes the object, with its content type and metadata. | The bytes pass through this process. |
 * | `"if-absent"` | Looks whether an object is there when the body has been read, then writes. | Exact among the writers of this process. If another process writes in between, its object is overwritten. |
 * | `"links"` | See {@link FeatureStore.link}. | |
 *
 * Sidecars lie below `~coatcheck/`. With `"metadata"` or `"links"`, no caller's path may lead there (`INVALID_PATH`),
 * and no listing shows them. They are found even if the store has metadata of its own by now. Name the feature as
 * long as such objects are left. Over a store that routes, features can be simulated for plain paths only. Give each
 * target a layer of its own instead.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withFeatures(plain, { simulate: ["metadata", "copy"], loose: ["write"] });
 */
export function withFeatures(store: Store, options: FeatureOptions = {}): FeatureStore {
  return new FeatureLayer(store, parseFeatureOptions(store, options));
}
