import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { Store } from "../../store.js";
import { DefinedDriver } from "./defined-driver.js";
import { parseDefinition, type StoreDefinition } from "./definition.js";

/**
 * Makes a store of four functions. All else that the contract of a store asks for is done here: the checks of paths and
 * options, streams, ranges, the order of listings, copies, aborts, and errors. Objects are held in memory as a whole while
 * they are read and written, so it is for what is small or rare; a service for large objects is worth a driver.
 *
 * Without `capability` the store has no conditions, content types and metadata: `withFeatures` can add the last two.
 *
 * @throws {StorageError} `CONFIG_INVALID` that names every wrong field
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
