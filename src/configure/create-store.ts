import { DRIVER_ENTRIES } from "../store/drivers/driver-entries.js";
import type { Store } from "../store/store.js";
import type { EnvironmentSettings } from "./env.js";

/**
 * The store that the environment asks for, `undefined` for the provider `none`. Its driver is loaded here.
 *
 * @throws {StorageError} `CONFIG_INVALID` for settings that the store refuses, and in a bundle without the driver
 */
export async function createStore({ storage }: EnvironmentSettings): Promise<Store | undefined> {
  switch (storage.provider) {
    case "none":
      return undefined;
    case "file":
      return (await DRIVER_ENTRIES.file.load()).create(storage);
    case "s3":
      return (await DRIVER_ENTRIES.s3.load()).create(storage);
  }
}
