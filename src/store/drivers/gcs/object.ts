import type { DriverCall } from "../driver-store.js";
import { isNotFound, isStorageError } from "../../../errors/error.js";
import type { DeleteOptions, ObjectInfo } from "../../store.js";
import { plainError } from "../service-errors.js";
import { answerObject, type GcsBucket } from "./bucket.js";
import { generationQuery } from "./generation.js";
import { OBJECT_FIELDS, toObjectInfo, type ObjectResource } from "./object-info.js";

/**
 * Describes an object. Returns `undefined` if it is missing. Fails as `CONTAINER_NOT_FOUND` if its bucket is missing.
 */
export async function statObject(bucket: GcsBucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
  try {
    return toObjectInfo(path, await getResource(bucket, path, call), call);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await assertBucket(bucket, call);
    return undefined;
  }
}

/** Fetches the resource of the object at `path`. */
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
 * Throws `CONTAINER_NOT_FOUND` if the bucket is missing. The API reports `notFound` both for an object and for its
 * bucket. So this check runs when something is missing. It lists one object, which most callers with access to
 * objects may do, and which the emulator supports.
 */
export async function assertBucket(bucket: GcsBucket, { details, signal }: DriverCall): Promise<void> {
  try {
    const query = { maxResults: "1", fields: "items(name)" };
    await bucket.send({ details, signal }, { method: "GET", target: bucket.target(), query, idempotent: true });
  } catch (error) {
    if (isNotFound(error)) throw missingBucket(error, { details });
    // A caller without the right to list still learns that the object is missing.
    if (!isStorageError(error, "PERMISSION_DENIED")) throw error;
  }
}

/**
 * Turns `NOT_FOUND` into `CONTAINER_NOT_FOUND`, for requests where only the bucket can be missing. Returns any other
 * error as it is.
 */
export function missingBucket(error: unknown, { details }: DriverCall): unknown {
  if (!isNotFound(error)) return error;
  return plainError("CONTAINER_NOT_FOUND", { details: { ...details, cause: error.cause } });
}

/** Deletes one object. A missing object is no error, except under a condition. */
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
