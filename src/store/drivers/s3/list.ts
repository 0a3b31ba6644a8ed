import type { DriverCall } from "../driver-store.js";
import { ListObjectsV2Command, type _Object as ListedObject } from "@aws-sdk/client-s3";
import { throwIfAborted } from "../../../async/abort.js";
import { isListed } from "../../check.js";
import { StorageError } from "../../../errors/error.js";
import { pathProblem } from "../../../paths/path.js";
import type { ListOptions, ObjectInfo } from "../../store.js";
import type { S3Bucket } from "./bucket.js";
import { toObjectInfo } from "./object-info.js";

// The maximum number of keys on one page (S3 API reference, "ListObjectsV2").
const MAX_KEYS = 1000;

/**
 * Lists objects page by page. Fetches each page when the one before is used up. S3 sorts the objects by UTF-8 bytes.
 */
export async function* listObjects(
  bucket: S3Bucket,
  prefix: string,
  { startAfter, limit = Infinity }: ListOptions,
  call: DriverCall,
): AsyncGenerator<ObjectInfo, void, undefined> {
  let left = limit;
  let token: string | undefined;
  while (left > 0) {
    const maxKeys = Math.min(MAX_KEYS, left);
    const page = await bucket.send(
      call,
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: bucket.keyPrefix + prefix,
        EncodingType: "url", // XML can't hold every character of a path
        MaxKeys: maxKeys,
        ...(startAfter !== undefined && { StartAfter: bucket.keyPrefix + startAfter }),
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    const decode = page.EncodingType === "url" ? decodeKey : (key: string) => key;
    for (const object of page.Contents ?? []) {
      const path = decode(object.Key ?? "")?.slice(bucket.keyPrefix.length);
      // The bucket may hold foreign keys that are not paths, such as the "folder/" that some consoles make.
      if (path === undefined || pathProblem(path) !== undefined || !isListed(path, prefix, startAfter)) continue;
      throwIfAborted(call.signal, call.details);
      yield describe(path, object, call);
      if (--left === 0) return;
    }
    if (page.IsTruncated !== true) return;
    const next = page.NextContinuationToken;
    if (next === undefined || next === token) {
      throw new StorageError(
        "UNEXPECTED",
        "The server broke the listing off without saying how to go on.",
        call.details,
      );
    }
    token = next;
  }
}

function describe(path: string, { ETag, LastModified, Size }: ListedObject, { details }: DriverCall): ObjectInfo {
  if (Size === undefined) {
    throw new StorageError("UNEXPECTED", "The server listed an object without its size.", { ...details, path });
  }
  return toObjectInfo(path, Size, { ETag, LastModified });
}

// The encoding is that of a form: S3 writes a space as "+", and "+" as "%2B". A key that is not UTF-8 is not a path.
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
