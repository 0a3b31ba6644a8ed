import { randomUUID } from "node:crypto";
import { ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import type { AzureStoreOptions } from "../../src/azure.js";
import { serviceVariable } from "./service-variable.js";

/** Where Azurite is, and its key. */
export function azuriteOptions(endpoint = serviceVariable("AZURITE_ENDPOINT")) {
  return {
    accountUrl: endpoint,
    credential: { accountName: serviceVariable("AZURITE_ACCOUNT"), accountKey: serviceVariable("AZURITE_KEY") },
  } satisfies Partial<AzureStoreOptions>;
}

/** The SDK's client of a container, to look behind the store. */
export function azuriteClient(container: string): ContainerClient {
  const { accountUrl, credential } = azuriteOptions();
  return new ContainerClient(
    `${accountUrl}/${container}`,
    new StorageSharedKeyCredential(credential.accountName, credential.accountKey),
  );
}

/** Makes a container that nothing else uses. */
export async function createContainer(): Promise<string> {
  const name = `test-${randomUUID()}`;
  await azuriteClient(name).create();
  return name;
}
