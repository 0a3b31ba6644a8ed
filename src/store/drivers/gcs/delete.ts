import type { DriverCall } from "../driver-store.js";
import { isNotFound } from "../../../errors/error.js";
import type { DeleteOptions } from "../../store.js";
import { plainError } from "../service-errors.js";
import type { GcsBucket } from "./bucket.js";
import { generationQuery } from "./generation.js";
import { assertBucket } from "./stat.js";

/** Deletes one object. A missing one is no error, except under a condition. */
export async function deleteObject(
  bucket: GcsBucket,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<void> {
  const name = bucket.objectName(path, call.details);
  const query = generationQuery({ ifMatch }, call);
  const idempotent = ifMatch !== undefined;
  try {
    await bucket.send(call, { method: "DELETE", target: bucket.target(name), query, idempotent });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await assertBucket(bucket, call);
    if (ifMatch !== undefined) throw plainError("PRECONDITION_FAILED", call);
  }
}
