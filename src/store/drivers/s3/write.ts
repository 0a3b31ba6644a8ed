import { setTimeout as delay } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { abortable } from "../../abort.js";
import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import type { S3Bucket } from "./bucket.js";
import { conditionError, isConflict, type S3Call } from "./errors.js";
import { LinkedAbort } from "../../linked-abort.js";
import { quotedEtag, toObjectInfo } from "./object-info.js";
import { statObject } from "./stat.js";
import { uploadParts, type UploadParams } from "./upload.js";

// Waits in ms before a write is sent again that met another writer at its key. Then the caller hears `UNAVAILABLE`.
const CONFLICT_PAUSES = [25, 50, 100, 200];

interface Written {
  size: number;
  ETag?: string | undefined;
}

/** Writes one object: by one PutObject what fits into a part, by a multipart upload what does not. */
export async function writeObject(
  bucket: S3Bucket,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  maxSize: number,
  details: S3Call["details"],
): Promise<ObjectInfo> {
  const call: S3Call = { details, signal: options.signal, condition: conditionOf(options) };
  const params = paramsOf(bucket, path, options);
  const stop = new LinkedAbort(options.signal);
  try {
    const { size, ETag } = isWholeBody(body)
      ? await writeWhole(bucket, params, checkedBytes(body, options, details, maxSize), options, call, stop)
      : await writeChunks(bucket, params, body, options, maxSize, call, stop);
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
  call: S3Call,
  stop: LinkedAbort,
): Promise<Written> {
  const size = bytes.byteLength;
  const { ETag } =
    size > bucket.partSize
      ? await uploadParts(bucket, params, bytes, call, stop)
      : await putObject(bucket, params, bytes, digest, call);
  return { size, ETag };
}

async function writeChunks(
  bucket: S3Bucket,
  params: UploadParams,
  body: StoreBody,
  options: WriteOptions,
  maxSize: number,
  call: S3Call,
  stop: LinkedAbort,
): Promise<Written> {
  const chunks = checkedChunks(body, { ...options, signal: stop.signal }, call.details, maxSize);
  try {
    const begin = await takePart(chunks, bucket.partSize);
    if (begin.ended) return await writeWhole(bucket, params, Buffer.concat(begin.chunks), options, call, stop);
    const written: Written = { size: 0 };
    const { ETag } = await uploadParts(bucket, params, resumed(begin.chunks, chunks, written), call, stop);
    return { ...written, ETag };
  } finally {
    await chunks.return();
  }
}

/** Takes chunks until they end or are more than a part. */
async function takePart(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  partSize: number,
): Promise<{ chunks: Uint8Array[]; ended: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= partSize) {
    const next = await source.next();
    if (next.done === true) return { chunks, ended: true };
    chunks.push(new Uint8Array(next.value)); // a source may use its buffer again
    size += next.value.byteLength;
  }
  return { chunks, ended: false };
}

async function* resumed(
  begin: Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  written: Written,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let chunk = begin.shift(); chunk !== undefined; chunk = begin.shift()) {
    written.size += chunk.byteLength;
    yield chunk;
  }
  for await (const chunk of rest) {
    written.size += chunk.byteLength;
    yield chunk;
  }
}

async function putObject(
  bucket: S3Bucket,
  params: UploadParams,
  bytes: Uint8Array,
  digest: string | undefined,
  call: S3Call,
  attempt = 0,
): Promise<{ ETag?: string | undefined }> {
  // Without a digest of ours the SDK sends a CRC32.
  const checksum = digest === undefined ? {} : { ChecksumSHA256: toBase64(digest) };
  try {
    return await bucket.send(call, new PutObjectCommand({ ...params, ...checksum, Body: bytes }));
  } catch (error) {
    const pause = CONFLICT_PAUSES[attempt];
    if (pause === undefined || !isConflict(error)) throw error;
    await abortable(delay(pause), call.signal, undefined, call.details);
    return putObject(bucket, params, bytes, digest, call, attempt + 1);
  }
}

/** The error of a write that met another writer: what became of its condition, as far as that can be seen by now. */
async function decidedConflict(
  bucket: S3Bucket,
  path: string,
  { ifNoneMatch, ifMatch }: WriteOptions,
  { details, signal }: S3Call,
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

function conditionOf({ ifNoneMatch, ifMatch }: WriteOptions): S3Call["condition"] {
  if (ifNoneMatch !== undefined) return "ifNoneMatch";
  return ifMatch === undefined ? undefined : "ifMatch";
}

// From "sha256-" + base64url.
function toBase64(digest: string): string {
  return Buffer.from(digest.slice("sha256-".length), "base64url").toString("base64");
}
