export { GcsFailure } from "./store/drivers/gcs/failure.js";
export { GcsStore } from "./store/drivers/gcs/gcs-store.js";
export type { GcsFeatures, GcsStoreOptions } from "./store/drivers/gcs/options.js";
