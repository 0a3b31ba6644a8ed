import type * as Sdk from "@azure/storage-blob";
import type { ContainerClient, StoragePipelineOptions, StorageSharedKeyCredential } from "@azure/storage-blob";
import { StorageError } from "../../../errors/error.js";
import { isContainerClient, isSharedKey, isSharedKeyCredential, type ParsedAzureOptions } from "./options.js";

/** The module `@azure/storage-blob`. */
export type AzureSdk = typeof Sdk;

// The default of the SDK would wait 4 s and 12 s, and up to two minutes.
const RETRIES = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 };

/** @throws {StorageError} `MISSING_DEPENDENCY` if the package is not installed */
export async function loadSdk(): Promise<AzureSdk> {
  return import("@azure/storage-blob").catch((cause: unknown) => {
    const message = "AzureStore needs the package @azure/storage-blob. Install it: npm install @azure/storage-blob";
    throw new StorageError("MISSING_DEPENDENCY", message, { cause });
  });
}

/**
 * Returns the caller's client of the container, or makes one from the options.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY`; `CONFIG_INVALID` if the SDK can't use the options
 */
export async function createClient(options: ParsedAzureOptions): Promise<ContainerClient> {
  const { client, container } = options;
  if (client !== undefined) return isContainerClient(client) ? client : client.getContainerClient(container);
  const sdk = await loadSdk();
  try {
    return makeClient(sdk, options);
  } catch {
    // The error of the SDK might quote the connection string or the key, so it does not become the cause.
    const what = options.connectionString === undefined ? "accountUrl or credential" : "connectionString";
    throw new StorageError("CONFIG_INVALID", `The option "${what}" of AzureStore is not valid.`, {
      operation: "configure",
    });
  }
}

function makeClient(sdk: AzureSdk, options: ParsedAzureOptions): ContainerClient {
  const { container, connectionString, accountUrl, credential } = options;
  const clientOptions: StoragePipelineOptions = {
    ...options.clientOptions,
    retryOptions: { ...RETRIES, ...options.clientOptions?.retryOptions },
  };
  const service =
    connectionString === undefined
      ? new sdk.BlobServiceClient(accountUrl!, sdkCredential(sdk, credential), clientOptions)
      : sdk.BlobServiceClient.fromConnectionString(connectionString, clientOptions);
  return service.getContainerClient(container);
}

function sdkCredential(sdk: AzureSdk, credential: ParsedAzureOptions["credential"]): ContainerClient["credential"] {
  if (credential === undefined) return new sdk.AnonymousCredential();
  if (isSharedKeyCredential(credential)) return ownCopy(sdk, credential);
  if (isSharedKey(credential)) {
    return new sdk.StorageSharedKeyCredential(credential.accountName, credential.accountKey);
  }
  return credential;
}

// The SDK does not recognise a credential of another copy of the package (ESM beside CommonJS).
function ownCopy(sdk: AzureSdk, credential: StorageSharedKeyCredential): StorageSharedKeyCredential {
  const { accountName } = credential;
  const accountKey: unknown = Reflect.get(credential, "accountKey");
  if (credential instanceof sdk.StorageSharedKeyCredential || !Buffer.isBuffer(accountKey)) return credential;
  return new sdk.StorageSharedKeyCredential(accountName, accountKey.toString("base64"));
}
