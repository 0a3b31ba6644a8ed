export { S3Failure } from "./store/drivers/s3/failure.js";
export type { S3Conditions, S3StoreOptions } from "./store/drivers/s3/options.js";
export { s3Scheme, type S3SchemeOptions } from "./store/drivers/s3/s3-scheme.js";
export { S3Store } from "./store/drivers/s3/s3-store.js";
