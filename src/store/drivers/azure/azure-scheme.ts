import { StorageError } from "../../../errors/error.js";
import { readOptions } from "../../../options/parse-options.js";
import type { SchemeFactory } from "../../compose/routing/options.js";
import { AmbientAccounts, type AccountAddress } from "./ambient-accounts.js";
import { AzureStore } from "./azure-store.js";
import { isContainerClient, parseAzureOptions, type AzureStoreOptions } from "./options.js";

/** Options of {@link azureScheme}. All containers share these options of an AzureStore. */
export type AzureSchemeOptions = Omit<AzureStoreOptions, "container">;

const CONTAINER = /^(?:[a-z0-9-]{3,63}|\$root|\$web|\$logs)$/;

// The clouds of Azure. Credentials are sent to no other host, since a reference may come from any source.
const HOST = /^([a-z0-9]{3,24})\.(?:blob|dfs)\.(core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn)$/;

// The options are checked before a container and an account are known.
const ANY_CONTAINER = "container";

function anyAccount(credential: unknown): Pick<AzureStoreOptions, "accountUrl" | "connectionString"> {
  if (credential === undefined) return { connectionString: "UseDevelopmentStorage=true" };
  return { accountUrl: "https://account.blob.core.windows.net" };
}

/**
 * Serves any container of Azure Blob Storage, for the option `schemes` of a `RoutingStore`. The path has the form
 * `abfss://container@account.dfs.core.windows.net/path`, or `az://container/path`.
 *
 * With `client`, `connectionString` or `accountUrl`, that account is used, whatever the path says. Otherwise the path
 * names the account, or `AZURE_STORAGE_ACCOUNT` does. The credential of the account is the first of these:
 * - the option `credential`
 * - the variables of the environment that the Azure CLI reads: `AZURE_STORAGE_CONNECTION_STRING`,
 *   `AZURE_STORAGE_KEY`, `AZURE_STORAGE_SAS_TOKEN`
 * - the `DefaultAzureCredential` of the package `@azure/identity`
 *
 * All containers share connections, since the SDK has one pool of them.
 *
 * @throws {StorageError} `CONFIG_INVALID` for wrong options. Its factory throws `INVALID_PATH` for an invalid container or
 *   account, `CONFIG_INVALID` without a credential, and `MISSING_DEPENDENCY` for `@azure/identity`.
 * @example
 * const store = new RoutingStore({
 *   primary,
 *   schemes: { abfss: azureScheme({ credential: new DefaultAzureCredential() }) },
 * });
 */
export function azureScheme(options: AzureSchemeOptions = {}): SchemeFactory {
  readOptions(options, "azureScheme");
  const { client, connectionString, accountUrl, credential, ...rest } = options;
  const isConfigured = client !== undefined || connectionString !== undefined || accountUrl !== undefined;
  const container = isContainerClient(client) ? client.containerName : ANY_CONTAINER;
  parseAzureOptions({ ...options, ...(!isConfigured && anyAccount(credential)), container });
  const ambient = new AmbientAccounts();
  const factory: SchemeFactory = async (target) => {
    const [container, host] = splitContainer(target.container);
    if (isConfigured) return new AzureStore({ ...options, container });
    const account = host === undefined ? undefined : accountOfHost(host);
    return new AzureStore({ ...rest, ...(await ambient.find(account, credential)), container });
  };
  return Object.assign(factory, { perContainer: true });
}

function splitContainer(text: string): [container: string, host?: string] {
  const [container = "", host, ...more] = text.split("@");
  if (!CONTAINER.test(container) || more.length > 0) {
    throw invalid("What the path names in the place of a container is neither one nor container@account.");
  }
  return host === undefined ? [container] : [container, host];
}

function accountOfHost(host: string): AccountAddress {
  const [, name, cloud] = HOST.exec(host.toLowerCase()) ?? [];
  if (name === undefined || cloud === undefined) {
    throw invalid("The host that the path names is not that of an account of Azure.");
  }
  return { name, url: `https://${name}.blob.${cloud}` };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_PATH", message);
}
