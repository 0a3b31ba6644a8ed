import type { GcsSettings } from "../settings.js";
import { loadSdk } from "./client.js";
import { GcsStore } from "./gcs-store.js";

/**
 * Makes a {@link GcsStore} from the settings of the environment. The library finds credentials and endpoint in
 * Google's own variables.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `@google-cloud/storage`
 */
export async function createGcsStore({ bucket, prefix }: GcsSettings): Promise<GcsStore> {
  await loadSdk();
  return new GcsStore({ bucket, prefix });
}
