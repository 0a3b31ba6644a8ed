import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { Store } from "../../store.js";
import { DefinedDriver } from "./defined-driver.js";
import { parseDefinition, type StoreDefinition } from "./definition.js";

/**
 * Makes a store from four functions.
 *
 * This function adds the rest of the contract of a store: the checks of paths and options, streams, ranges, the order
 * of listings, copies, aborts and errors. The store holds a whole object in memory while it reads or writes the
 * object. So it suits small objects or rare calls. A service for large objects needs a driver.
 *
 * Without `capability`, the store has no conditions, content types and metadata. `withFeatures` can add content types
 * and metadata.
 *
 * @throws {StorageError} `CONFIG_INVALID`, which names every wrong field
 * @example
 * const objects = new Map<string, Uint8Array>();
 * const store = defineStore({
 *   name: "map",
 *   get: (path) => objects.get(path),
 *   put: (path, bytes) => void objects.set(path, bytes),
 *   delete: (path) => objects.delete(path),
 *   keys: () => objects.keys(),
 * });
 */
export function defineStore(definition: StoreDefinition): Store {
  return new DefinedStore(parseDefinition(definition));
}

class DefinedStore extends DriverStore {
  constructor(definition: StoreDefinition) {
    super(new DefinedDriver(definition));
  }

  static {
    declareOwnStore(this);
  }
}
