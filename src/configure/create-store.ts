import { DRIVER_ENTRIES } from "../store/drivers/driver-entries.js";
import type { Store } from "../store/store.js";
import type { EnvironmentSettings } from "./env.js";
import { environmentOptions, fromEnvironment, type EnvironmentOptions } from "./environment-options.js";
import type { StorageManagerOptions } from "./options.js";

/**
 * Makes the options of a manager from environment variables, with the store that they name.
 *
 * @param owner the function that has the options
 * @throws {StorageError} as `StorageManager.fromEnv` does
 */
export async function managerOptionsFromEnv(
  env: NodeJS.ProcessEnv,
  options: EnvironmentOptions,
  owner: string,
): Promise<StorageManagerOptions> {
  const { settings, options: made } = fromEnvironment(env, environmentOptions(options, owner));
  return { ...made, store: made.store ?? (await createStore(settings)) };
}

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
