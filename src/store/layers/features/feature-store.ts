import type { CallOptions, Store } from "../../store.js";

/** What `withFeatures` gives: a store that can have links. */
export interface FeatureStore extends Store {
  /**
   * Makes `path` a link: to read, describe or copy it is to read, describe or copy `target`, which need not exist. A
   * link is replaced by a write, removed by a delete, and may lead to another one, up to ten. A listing shows it as the
   * small object that it is, and conditions (`ifMatch`) are about that one.
   *
   * @throws {StorageError} `UNSUPPORTED` unless `simulate` names `"links"` and the store can write, read, describe and
   * delete; `CYCLIC_REFERENCE` for a link to itself. Reading a circle of links is `CYCLIC_REFERENCE`, more than ten
   * hops `RECURSION_LIMIT`, and a link to nothing `NOT_FOUND`.
   */
  link(target: string, path: string, options?: CallOptions): Promise<void>;
}
