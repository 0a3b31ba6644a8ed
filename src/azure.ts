import { azureScheme } from "./store/drivers/azure/azure-scheme.js";
import { createAzureStore } from "./store/drivers/azure/azure-store.js";
import { DRIVER_ENTRIES } from "./store/drivers/driver-entries.js";

DRIVER_ENTRIES.azure.provide({ create: createAzureStore, scheme: azureScheme });

export { azureScheme };
export { AzureFailure } from "./store/drivers/azure/failure.js";
export type { AzureSharedKey, AzureStoreOptions, AzureTokenCredential } from "./store/drivers/azure/options.js";
export { AzureStore } from "./store/drivers/azure/azure-store.js";
export type { AzureSchemeOptions } from "./store/drivers/azure/azure-scheme.js";
