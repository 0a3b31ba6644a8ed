import { FileStore } from "../store/drivers/file/file-store.js";
import type { Store } from "../store/store.js";
import type { EnvironmentSettings } from "./env.js";

/**
 * The store that the environment asks for, `undefined` for the provider `none`. The AWS SDK is loaded only for S3.
 *
 * @throws {StorageError} `CONFIG_INVALID` for settings that the store refuses
 */
export async function createStore({ storage }: EnvironmentSettings): Promise<Store | undefined> {
  switch (storage.provider) {
    case "none":
      return undefined;
    case "file":
      return new FileStore({ root: storage.root });
    case "s3": {
      const { createS3Store } = await import("./create-s3-store.js");
      return createS3Store(storage);
    }
  }
}
