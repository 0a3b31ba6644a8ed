import type { DriverCall } from "../driver-store.js";
import { sha256Of } from "../../../bytes/digest.js";
import { setTimeout as delay } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { abortable } from "../../../async/abort.js";
import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import type { S3Bucket } from "./bucket.js";
import { conditionError, isConflict } from "./errors.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import { quotedEtag, toObjectInfo } from "./object-info.js";
import { Parts } from "./upload/parts.js";
import { statObject } from "./stat.js";
import { uploadStream } from "./upload/upload-stream.js";
import { uploadBytes, type UploadParams } from "./upload/upload.js";

// Waits in ms before a write is sent again that met another writer at its key. Then the caller hears `UNAVAILABLE`.
const CONFLICT_PAUSES = [25, 50, 100, 200];

interface Written {
  size: number;
  ETag?: string | undefined;
}

/** Writes one object: by one PutObject what is small, by a multipart upload what is not. */
export async function writeObject(
  bucket: S3Bucket,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  details: DriverCall["details"],
): Promise<ObjectInfo> {
  const call: DriverCall = { details, signal: options.signal, condition: conditionOf(options) };
  const params = paramsOf(bucket, path, options);
  const stop = new LinkedAbort(options.signal);
  try {
    const { size, ETag } = isWholeBody(body)
      ? await writeWhole(
          bucket,
          params,
          await checkedBytes(body, options, details, bucket.maxObjectSize),
          options,
          call,
          stop,
        )
      : await writeChunks(bucket, params, body, options, call, stop);
    return toObjectInfo(path, size, { ETag, ContentType: options.contentType, Metadata: options.metadata });
  } catch (error) {
    throw isConflict(error) ? await decidedConflict(bucket, path, options, call, error) : error;
  } finally {
    stop.unlink();
  }
}

async function writeWhole(
  bucket: S3Bucket,
  params: UploadParams,
  bytes: Uint8Array,
  { digest }: WriteOptions,
  call: DriverCall,
  stop: LinkedAbort,
): Promise<Written> {
  const size = bytes.byteLength;
  const { ETag } =
    size > bucket.maxSinglePut
      ? await uploadBytes(bucket, params, bytes, call, stop)
      : await putObject(bucket, params, bytes, digest, call);
  return { size, ETag };
}

async function writeChunks(
  bucket: S3Bucket,
  params: UploadParams,
  body: StoreBody,
  options: WriteOptions,
  call: DriverCall,
  stop: LinkedAbort,
): Promise<Written> {
  const chunks = checkedChunks(body, { ...options, signal: stop.signal }, call.details, bucket.maxObjectSize);
  try {
    const parts = new Parts(chunks, (number) => bucket.streamPartSize(number));
    const buffer = parts.newBuffer();
    const part = (await parts.next(buffer))!; // also of an empty body
    if (parts.ended) return await writeWhole(bucket, params, part.bytes, options, call, stop);
    const { ETag } = await uploadStream(bucket, params, parts, { part, buffer }, call, stop);
    return { size: parts.size, ETag };
  } finally {
    await chunks.return();
  }
}

async function putObject(
  bucket: S3Bucket,
  params: UploadParams,
  bytes: Uint8Array,
  digest: string | undefined,
  call: DriverCall,
  attempt = 0,
): Promise<{ ETag?: string | undefined }> {
  try {
    // Without a digest of ours the SDK sends a CRC32; neither to a server that was said to take no checksums.
    const checksum =
      digest === undefined || !(await bucket.sendsChecksums())
        ? {}
        : { ChecksumSHA256: sha256Of(digest).toString("base64") };
    return await bucket.send(call, new PutObjectCommand({ ...params, ...checksum, Body: bytes }));
  } catch (error) {
    const pause = CONFLICT_PAUSES[attempt];
    if (pause === undefined || !isConflict(error)) throw await bucket.errorOf(error, call);
    await abortable(delay(pause), call.signal, call.details);
    return putObject(bucket, params, bytes, digest, call, attempt + 1);
  }
}

/** The error of a write that met another writer: what became of its condition, as far as that can be seen by now. */
async function decidedConflict(
  bucket: S3Bucket,
  path: string,
  { ifNoneMatch, ifMatch }: WriteOptions,
  { details, signal }: DriverCall,
  conflict: unknown,
): Promise<unknown> {
  if (ifNoneMatch === undefined && ifMatch === undefined) return conflict;
  const current = await statObject(bucket, path, { details, signal });
  if (ifNoneMatch !== undefined) return current === undefined ? conflict : conditionError("ALREADY_EXISTS", details);
  return ifMatch !== undefined && current?.etag === quotedEtag(ifMatch)
    ? conflict
    : conditionError("PRECONDITION_FAILED", details);
}

function paramsOf(bucket: S3Bucket, path: string, options: WriteOptions): UploadParams {
  const { contentType, metadata, ifNoneMatch, ifMatch } = options;
  return {
    ...bucket.address(path),
    ...bucket.encryption,
    ...(contentType !== undefined && { ContentType: contentType }),
    ...(metadata !== undefined && { Metadata: metadata }),
    ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
    ...(ifMatch !== undefined && { IfMatch: quotedEtag(ifMatch) }),
  };
}

function conditionOf({ ifNoneMatch, ifMatch }: WriteOptions): DriverCall["condition"] {
  if (ifNoneMatch !== undefined) return "ifNoneMatch";
  return ifMatch === undefined ? undefined : "ifMatch";
}
