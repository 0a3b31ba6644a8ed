import { fieldsOf } from "../service-failure.js";
import type { CallOptions } from "../../store.js";
import type { BucketLifecycle } from "../bucket-lifecycle.js";
import { answerObject, type GcsBucket } from "./bucket.js";
import { toObjectName } from "./object-name.js";

/** Reads the lifecycle rules of the whole bucket, for all prefixes. */
export async function readLifecycle(bucket: GcsBucket, { signal }: CallOptions): Promise<BucketLifecycle> {
  const call = { details: { operation: "readLifecycle", store: "gcs" }, signal };
  const target = `/b/${encodeURIComponent(bucket.name)}`;
  const answer = await bucket.send(call, { method: "GET", target, query: { fields: "lifecycle" }, idempotent: true });
  const { rule } = fieldsOf(fieldsOf(answerObject(answer, call))["lifecycle"]);
  return { rules: Array.isArray(rule) ? rule : [], prefix: toObjectName(bucket.pathPrefix) };
}
