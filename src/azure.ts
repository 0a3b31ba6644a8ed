export { AzureFailure } from "./store/drivers/azure/failure.js";
export type { AzureSharedKey, AzureStoreOptions, AzureTokenCredential } from "./store/drivers/azure/options.js";
export { AzureStore } from "./store/drivers/azure/azure-store.js";
export { azureScheme, type AzureSchemeOptions } from "./store/drivers/azure/azure-scheme.js";
