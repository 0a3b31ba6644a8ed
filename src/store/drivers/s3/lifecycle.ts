import { GetBucketLifecycleConfigurationCommand } from "@aws-sdk/client-s3";
import type { CallOptions } from "../../store.js";
import type { BucketLifecycle } from "../bucket-lifecycle.js";
import type { S3Bucket } from "./bucket.js";
import { S3_ERRORS } from "./errors.js";

// The error code for a bucket without rules, which is no failure.
const NONE = "NoSuchLifecycleConfiguration";

/** Reads the lifecycle rules of the whole bucket, for all prefixes. */
export async function readLifecycle(bucket: S3Bucket, { signal }: CallOptions): Promise<BucketLifecycle> {
  const call = { details: { operation: "readLifecycle", store: "s3" }, signal };
  const prefix = bucket.keyPrefix;
  try {
    const { Rules = [] } = await bucket.send(call, new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name }));
    return { rules: Rules, prefix };
  } catch (error) {
    if (S3_ERRORS.failureOf(error)?.name === NONE) return { rules: [], prefix };
    throw error;
  }
}
