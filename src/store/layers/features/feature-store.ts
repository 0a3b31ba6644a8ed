import type { CallOptions, Store } from "../../store.js";

/** The store that `withFeatures` returns. It can have links. */
export interface FeatureStore extends Store {
  /**
   * Makes `path` a link. To read, describe or copy `path` is then to read, describe or copy `target`, which need not
   * exist. A write replaces a link, and a delete removes it. A link may lead to another one, up to ten. A listing
   * shows a link as the small object that it is, and conditions (`ifMatch`) are about that object.
   *
   * @throws {StorageError} `UNSUPPORTED` unless `simulate` names `"links"` and the store can write, read, describe
   *   and delete; `CYCLIC_REFERENCE` for a link to itself. Reading a circle of links is `CYCLIC_REFERENCE`, more than
   *   ten hops `RECURSION_LIMIT`, and a link to nothing `NOT_FOUND`.
   */
  link(target: string, path: string, options?: CallOptions): Promise<void>;
}
