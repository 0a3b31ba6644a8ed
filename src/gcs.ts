export { GcsFailure } from "./store/drivers/gcs/failure.js";
export { GcsStore } from "./store/drivers/gcs/gcs-store.js";
export type { GcsFeatures, GcsStoreOptions } from "./store/drivers/gcs/options.js";
export { gcsScheme, type GcsSchemeOptions } from "./store/drivers/gcs/gcs-scheme.js";
