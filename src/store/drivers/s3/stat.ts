import { HeadBucketCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { StorageError, isNotFound, isStorageError } from "../../../errors/error.js";
import type { ObjectInfo } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import type { S3Bucket } from "./bucket.js";
import { isMuteRefusal } from "./errors.js";
import { objectByFirstByte } from "./first-byte.js";
import { toObjectInfo } from "./object-info.js";

/** Describes an object by HeadObject; `undefined` when it is missing, `CONTAINER_NOT_FOUND` when its bucket is. */
export async function statObject(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
  try {
    return (await headObject(bucket, path, call)) ?? (await objectByFirstByte(bucket, path, call));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await assertBucket(bucket, call);
    return undefined;
  }
}

// `undefined` when the answer does not say enough.
async function headObject(bucket: S3Bucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined> {
  try {
    const output = await bucket.send(call, new HeadObjectCommand(bucket.address(path)));
    return output.ContentLength === undefined ? undefined : toObjectInfo(path, output.ContentLength, output);
  } catch (error) {
    if (isMuteRefusal(error)) return undefined;
    throw error;
  }
}

// The answer to a HEAD has no body, so its 404 does not say what is missing.
async function assertBucket(bucket: S3Bucket, call: DriverCall): Promise<void> {
  try {
    await bucket.send(call, new HeadBucketCommand({ Bucket: bucket.name }));
  } catch (error) {
    if (isNotFound(error)) {
      const { cause } = error;
      throw new StorageError("CONTAINER_NOT_FOUND", "There is no such bucket.", { ...call.details, cause });
    }
    // Whoever may not ask for the bucket was still told that the object is missing.
    if (!isStorageError(error, "PERMISSION_DENIED") && !isStorageError(error, "UNSUPPORTED")) throw error;
  }
}
