import { CopyObjectCommand, UploadPartCopyCommand } from "@aws-sdk/client-s3";
import type { ObjectInfo } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { copyError, sourceOfCopy } from "../source-of-copy.js";
import type { S3Bucket } from "./bucket.js";
import { MAX_PARTS, MAX_PART_SIZE } from "./limits.js";
import { toObjectInfo, type S3Description } from "./object-info.js";
import { statObject } from "./object.js";
import { uploadSlices, type UploadParams } from "./upload/multipart.js";

/** The sizes for copies in parts. */
export interface CopyLimits {
  /** Largest object in bytes that one CopyObject takes. A larger one is copied in parts. */
  maxSingle: number;
  /** Smallest part in bytes. */
  partSize: number;
}

const LIMITS: CopyLimits = { maxSingle: MAX_PART_SIZE, partSize: 512 * 1024 ** 2 };

/** Copies an object inside the bucket, with its content type and metadata. The bytes do not leave the server. */
export async function copyObject(
  bucket: S3Bucket,
  from: string,
  to: string,
  call: DriverCall,
  limits: CopyLimits = LIMITS,
): Promise<ObjectInfo> {
  const source = await sourceOfCopy([from, to], limits.maxSingle, () => statObject(bucket, from, call), call);
  if (from === to) return source; // S3 refuses to copy an object to itself
  const target = source.size > limits.maxSingle ? copyInParts : copyWhole;
  const description = await target(bucket, source, to, call, limits);
  const { size, contentType: ContentType, metadata: Metadata } = source;
  return toObjectInfo(to, size, { ...description, ContentType, Metadata });
}

type Copied = Pick<S3Description, "ETag" | "LastModified">;

async function copyWhole(bucket: S3Bucket, source: ObjectInfo, to: string, call: DriverCall): Promise<Copied> {
  const command = new CopyObjectCommand({
    ...bucket.address(to),
    ...bucket.encryption,
    CopySource: copySource(bucket, source.path),
    ...versionOf(source),
  });
  const { CopyObjectResult } = await bucket.send(call, command).catch((error: unknown) => {
    throw copyError(error, call);
  });
  return { ETag: CopyObjectResult?.ETag, LastModified: CopyObjectResult?.LastModified };
}

async function copyInParts(
  bucket: S3Bucket,
  source: ObjectInfo,
  to: string,
  callerCall: DriverCall,
  limits: CopyLimits,
): Promise<Copied> {
  const { size, path, contentType: ContentType, metadata: Metadata } = source;
  const params: UploadParams = { ...bucket.address(to), ...bucket.encryption, ContentType, Metadata };
  const partSize = Math.max(limits.partSize, Math.ceil(size / MAX_PARTS));
  const copying = uploadSlices(bucket, params, { size, partSize }, callerCall, async (upload, slice, call) => {
    const PartNumber = slice.number;
    const command = new UploadPartCopyCommand({
      ...upload,
      PartNumber,
      CopySource: copySource(bucket, path),
      ...versionOf(source),
      CopySourceRange: `bytes=${slice.start}-${slice.end - 1}`,
    });
    const { CopyPartResult } = await bucket.send(call, command);
    return { ...CopyPartResult, PartNumber };
  });
  return copying.catch((error: unknown) => {
    throw copyError(error, callerCall);
  });
}

/**
 * Returns the condition that the source still has the described version. A weak etag matches nothing (RFC 9110,
 * section 13.1.1).
 */
function versionOf({ etag }: ObjectInfo): { CopySourceIfMatch?: string } {
  return etag === undefined || etag.startsWith("W/") ? {} : { CopySourceIfMatch: etag };
}

// Percent-encoded UTF-8 (S3 API reference, "CopyObject", x-amz-copy-source).
function copySource(bucket: S3Bucket, path: string): string {
  const { Bucket, Key } = bucket.address(path);
  return [Bucket, ...Key.split("/")].map(encodeURIComponent).join("/");
}
