import type { AzureSettings } from "../settings.js";
import { AmbientAccounts } from "./ambient-accounts.js";
import { AzureStore } from "./azure-store.js";
import { loadSdk } from "./client.js";

/**
 * Makes an {@link AzureStore} from the settings of the environment. The credential of an account comes from Azure's
 * own variables, or else from the `DefaultAzureCredential` of `@azure/identity`.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `@azure/storage-blob`, and for `@azure/identity` if it is needed
 */
export async function createAzureStore(settings: AzureSettings): Promise<AzureStore> {
  const { container, prefix, account, connectionString } = settings;
  await loadSdk();
  if (account === undefined) return new AzureStore({ container, prefix, connectionString });
  const address = { name: account, url: `https://${account}.blob.core.windows.net` };
  return new AzureStore({ container, prefix, ...(await new AmbientAccounts().find(address, undefined)) });
}
