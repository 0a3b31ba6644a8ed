import { DRIVER_ENTRIES } from "../store/drivers/driver-entries.js";
import type { Store } from "../store/store.js";
import type { EnvironmentSettings } from "./env.js";

/**
 * Makes the store that the environment asks for. Returns `undefined` for the provider `none`. The driver is loaded
 * here.
 *
 * @throws {StorageError} `CONFIG_INVALID` for settings that the store refuses, and in a bundle without the driver;
 *   `MISSING_DEPENDENCY` that names the package which the driver needs
 */
export async function createStore({ storage }: EnvironmentSettings): Promise<Store | undefined> {
  switch (storage.provider) {
    case "none":
      return undefined;
    case "file":
      return (await DRIVER_ENTRIES.file.load()).create(storage);
    case "s3":
      return (await DRIVER_ENTRIES.s3.load()).create(storage);
    case "redis":
      return (await DRIVER_ENTRIES.redis.load()).create(storage);
    case "gcs":
      return (await DRIVER_ENTRIES.gcs.load()).create(storage);
    case "azure":
      return (await DRIVER_ENTRIES.azure.load()).create(storage);
  }
}
