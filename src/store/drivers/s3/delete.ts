import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { isNotFound } from "../../../errors/error.js";
import type { DeleteOptions } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { quotedEtag } from "../object-info.js";
import type { S3Bucket } from "./bucket.js";

/** Deletes one object. A missing one is no error, except under a condition. */
export async function deleteObject(
  bucket: S3Bucket,
  path: string,
  { ifMatch }: DeleteOptions,
  call: DriverCall,
): Promise<void> {
  const IfMatch = ifMatch && quotedEtag(ifMatch);
  try {
    await bucket.send(call, new DeleteObjectCommand({ ...bucket.address(path), IfMatch }));
  } catch (error) {
    // S3 itself answers 204 for a missing object; others say NoSuchKey.
    if (!isNotFound(error)) throw error;
  }
}
