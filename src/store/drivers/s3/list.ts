import type { DriverCall } from "../driver-store.js";
import { ListObjectsV2Command, type _Object as ListedObject } from "@aws-sdk/client-s3";
import { StorageError } from "../../../errors/error.js";
import type { ListOptions, ObjectInfo } from "../../store.js";
import { listPages, type ListedPage } from "../list-pages.js";
import type { S3Bucket } from "./bucket.js";
import { toObjectInfo } from "./object-info.js";

// The maximum number of keys on one page (S3 API reference, "ListObjectsV2").
const MAX_KEYS = 1000;

/** Lists objects. S3 sorts them by UTF-8 bytes. */
export function listObjects(
  bucket: S3Bucket,
  prefix: string,
  options: ListOptions,
  call: DriverCall,
): AsyncIterable<ObjectInfo> {
  const { startAfter } = options;
  const fetch = async (left: number, token: string | undefined): Promise<ListedPage<ListedObject>> => {
    const page = await bucket.send(
      call,
      new ListObjectsV2Command({
        Bucket: bucket.name,
        Prefix: bucket.keyPrefix + prefix,
        EncodingType: "url", // XML can't hold every character of a path
        MaxKeys: Math.min(MAX_KEYS, left),
        ...(startAfter !== undefined && { StartAfter: bucket.keyPrefix + startAfter }),
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    const decode = page.EncodingType === "url" ? decodeKey : (key: string) => key;
    const objects = (page.Contents ?? []).map((object) => {
      return [decode(object.Key ?? "")?.slice(bucket.keyPrefix.length), object] as const;
    });
    return { objects, isLast: page.IsTruncated !== true, next: page.NextContinuationToken };
  };
  return listPages(prefix, options, call, fetch, (path, object) => describe(path, object, call));
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
