import type { DriverCall } from "../driver-store.js";
import { isNotFound, isStorageError } from "../../../errors/error.js";
import type { DeleteOptions, ObjectInfo } from "../../store.js";
import { plainError } from "../service-errors.js";
import { answerObject, type GcsBucket } from "./bucket.js";
import { generationQuery } from "./generation.js";
import { OBJECT_FIELDS, toObjectInfo, type ObjectResource } from "./object-info.js";

/** Describes an object; `undefined` when it is missing, `CONTAINER_NOT_FOUND` when its bucket is. */
export async function statObject(bucket: GcsBucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
  try {
    return toObjectInfo(path, await getResource(bucket, path, call), call);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await assertBucket(bucket, call);
    return undefined;
  }
}

/** The resource of the object at `path`. */
export async function getResource(bucket: GcsBucket, path: string, call: DriverCall): Promise<ObjectResource> {
  const answer = await bucket.send(call, {
    method: "GET",
    target: bucket.target(bucket.objectName(path, call.details)),
    query: { fields: OBJECT_FIELDS },
    idempotent: true,
  });
  return answerObject(answer, call);
}

/**
 * Throws `CONTAINER_NOT_FOUND` if the bucket is missing. The API says `notFound` of both an object and its bucket, so this
 * is asked when something is missing: by a listing of one, which whoever may use objects may do, and the emulator answers.
 */
export async function assertBucket(bucket: GcsBucket, { details, signal }: DriverCall): Promise<void> {
  try {
    const query = { maxResults: "1", fields: "items(name)" };
    await bucket.send({ details, signal }, { method: "GET", target: bucket.target(), query, idempotent: true });
  } catch (error) {
    if (isNotFound(error)) throw missingBucket(error, { details });
    // Whoever may not list was still told that the object is missing.
    if (!isStorageError(error, "PERMISSION_DENIED")) throw error;
  }
}

/** `NOT_FOUND` where only the bucket can be missing is `CONTAINER_NOT_FOUND`. Anything else is returned as it is. */
export function missingBucket(error: unknown, { details }: DriverCall): unknown {
  if (!isNotFound(error)) return error;
  return plainError("CONTAINER_NOT_FOUND", { details: { ...details, cause: error.cause } });
}

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
