import { createS3Store } from "./store/drivers/s3/create-s3-store.js";
import { DRIVER_ENTRIES } from "./store/drivers/driver-entries.js";
import { s3Scheme } from "./store/drivers/s3/s3-scheme.js";

DRIVER_ENTRIES.s3.provide({ create: createS3Store, scheme: s3Scheme });

export { s3Scheme };
export type { BucketLifecycle } from "./store/drivers/bucket-lifecycle.js";
export { S3Failure } from "./store/drivers/s3/failure.js";
export type { S3Conditions, S3StoreOptions } from "./store/drivers/s3/options.js";
export type { S3SchemeOptions } from "./store/drivers/s3/s3-scheme.js";
export { S3Store } from "./store/drivers/s3/s3-store.js";
