import { Readable } from "node:stream";
import { StorageError, isNotFound, isStorageError } from "../../../errors/error.js";
import type { DeleteOptions, ObjectInfo } from "../../store.js";
import { parseContentRange } from "../byte-range.js";
import type { DriverCall } from "../driver-store.js";
import { quotedEtag } from "../object-info.js";
import type { S3Bucket } from "./bucket.js";
import type { ObjectAnswer } from "./direct/answer.js";
import { S3_ERRORS, isMuteRefusal } from "./errors.js";
import { toObjectInfo } from "./object-info.js";

/**
 * Describes an object by HeadObject. Returns `undefined` if it is missing. Fails as `CONTAINER_NOT_FOUND` if its
 * bucket is missing.
 */
export async function statObject(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
  try {
    return (await headObject(bucket, path, call)) ?? (await objectByFirstByte(bucket, path, call));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await assertBucket(bucket, call);
    return undefined;
  }
}

// Returns `undefined` if the response has too few details.
async function headObject(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
  try {
    const output = await bucket.ask(call, "HeadObject", bucket.address(path));
    return output.ContentLength === undefined ? undefined : toObjectInfo(path, output.ContentLength, output);
  } catch (error) {
    if (isMuteRefusal(error)) return undefined;
    throw error;
  }
}

/**
 * Describes an object by a GetObject of its first byte, if the response to a HEAD has too few details. Proxies drop
 * the length, some servers do not support HEAD, and an error without a body has no code.
 *
 * @throws {StorageError} `UNEXPECTED` if this does not reveal the size either
 */
async function objectByFirstByte(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectInfo> {
  const output = await firstByte(bucket, path, call);
  if (output.Body instanceof Readable) output.Body.on("error", () => undefined).destroy();
  const size = output.ContentRange === undefined ? output.ContentLength : parseContentRange(output.ContentRange)?.total;
  if (size !== undefined) return toObjectInfo(path, size, output);
  throw new StorageError("UNEXPECTED", "The server did not say how large the object is.", call.details);
}

async function firstByte(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectAnswer> {
  const address = bucket.address(path);
  try {
    return await bucket.ask(call, "GetObject", { ...address, Range: "bytes=0-0" });
  } catch (error) {
    if (S3_ERRORS.httpStatusOf(error) !== 416) throw error;
    return bucket.ask(call, "GetObject", address); // an empty object has no first byte
  }
}

// The response to a HEAD has no body, so a 404 does not say whether the object or the bucket is missing.
async function assertBucket(bucket: S3Bucket, call: DriverCall): Promise<void> {
  try {
    await bucket.ask(call, "HeadBucket", { Bucket: bucket.name });
  } catch (error) {
    if (isNotFound(error)) {
      const { cause } = error;
      throw new StorageError("CONTAINER_NOT_FOUND", "There is no such bucket.", { ...call.details, cause });
    }
    // A caller without the right to check the bucket still learns that the object is missing.
    if (!isStorageError(error, "PERMISSION_DENIED") && !isStorageError(error, "UNSUPPORTED")) throw error;
  }
}

/** Deletes one object. For a missing object, S3 itself responds with 204, and other servers with NoSuchKey. */
export function deleteObject(
  bucket: S3Bucket,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<unknown> {
  const IfMatch = ifMatch && quotedEtag(ifMatch);
  return bucket.ask(call, "DeleteObject", { ...bucket.address(path), IfMatch });
}
