import type { DriverCall } from "../driver-store.js";
import { isNotFound } from "../../../errors/error.js";
import type { DeleteOptions } from "../../store.js";
import type { GcsBucket } from "./bucket.js";
import { errorOf } from "./errors.js";
import { generationCondition } from "./generation.js";
import { assertBucket } from "./stat.js";

/** Deletes one object. A missing one is no error, except under a condition. */
export async function deleteObject(
  bucket: GcsBucket,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<void> {
  const name = bucket.objectName(path, call.details);
  const { query, condition } = generationCondition({ ifMatch }, call.details);
  try {
    await bucket.send(
      { ...call, condition },
      { method: "DELETE", target: bucket.target(name), query, idempotent: condition !== undefined },
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await assertBucket(bucket, call);
    if (condition !== undefined) throw errorOf("PRECONDITION_FAILED", call.details);
  }
}
