import { DRIVER_ENTRIES } from "./store/drivers/driver-entries.js";
import { createGcsStore } from "./store/drivers/gcs/gcs-store.js";
import { gcsScheme } from "./store/drivers/gcs/gcs-scheme.js";

DRIVER_ENTRIES.gcs.provide({ create: createGcsStore, scheme: gcsScheme });

export { gcsScheme };
export type { BucketLifecycle } from "./store/drivers/bucket-lifecycle.js";
export { GcsFailure } from "./store/drivers/gcs/failure.js";
export { GcsStore } from "./store/drivers/gcs/gcs-store.js";
export type { GcsFeatures, GcsStoreOptions } from "./store/drivers/gcs/options.js";
export type { GcsSchemeOptions } from "./store/drivers/gcs/gcs-scheme.js";
