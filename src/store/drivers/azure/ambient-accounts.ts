import process from "node:process";
import { importByName } from "../../../async/import-by-name.js";
import { once } from "../../../async/once.js";
import { StorageError } from "../../../errors/error.js";
import type { AzureStoreOptions, AzureTokenCredential } from "./options.js";

type Account = Pick<AzureStoreOptions, "connectionString" | "accountUrl" | "credential">;

/** An account, and the URL of its blobs. */
export interface AccountAddress {
  readonly name: string;
  readonly url: string;
}

/** Finds accounts and their credentials in the environment. */
export class AmbientAccounts {
  readonly #default = once(defaultCredential);

  async find(named: AccountAddress | undefined, credential: AzureStoreOptions["credential"]): Promise<Account> {
    const { AZURE_STORAGE_CONNECTION_STRING: connectionString, AZURE_STORAGE_ACCOUNT: ownName } = process.env;
    const isOwn = (name: string | undefined): boolean => named === undefined || named.name === name;
    if (connectionString && credential === undefined && isOwn(accountIn(connectionString))) return { connectionString };
    const url = named?.url ?? (ownName && `https://${ownName}.blob.core.windows.net`);
    if (!url) {
      const message = "The path names no account (container@account.dfs.core.windows.net), nor does the environment.";
      throw new StorageError("CONFIG_INVALID", `${message} Set AZURE_STORAGE_ACCOUNT, or configure the scheme.`);
    }
    if (credential !== undefined) return { accountUrl: url, credential };
    const own = isOwn(ownName) ? ownCredential(url, ownName) : undefined;
    return own ?? { accountUrl: url, credential: await this.#default() };
  }
}

/** Returns the credential that the environment holds for the account that it names. */
function ownCredential(accountUrl: string, accountName: string | undefined): Account | undefined {
  const { AZURE_STORAGE_KEY: accountKey, AZURE_STORAGE_SAS_TOKEN: token } = process.env;
  if (accountKey && accountName) return { accountUrl, credential: { accountName, accountKey } };
  return token ? { accountUrl: `${accountUrl}?${token.replace(/^\?/, "")}` } : undefined;
}

function accountIn(connectionString: string): string | undefined {
  return /(?:^|;)AccountName=([^;]+)/i.exec(connectionString)?.[1];
}

async function defaultCredential(): Promise<AzureTokenCredential> {
  const packageName = "@azure/identity";
  try {
    const identity = (await importByName(packageName)) as { DefaultAzureCredential: new () => AzureTokenCredential };
    return new identity.DefaultAzureCredential();
  } catch (cause) {
    const message = `No credential for the account is configured or in the environment, and ${packageName} is not installed.`;
    throw new StorageError("MISSING_DEPENDENCY", message, { cause });
  }
}
