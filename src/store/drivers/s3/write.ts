import { systemClock } from "../../../async/clock.js";
import type { LinkedAbort } from "../../../async/linked-abort.js";
import { pause } from "../../../async/pause.js";
import { sha256Of } from "../../../bytes/digest.js";
import { checkedBytes, isWholeBody, knownSha256 } from "../../body.js";
import type { Chunks, ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { quotedEtag } from "../object-info.js";
import { Parts } from "../parts.js";
import { decidedConflict, uploadChunks } from "../upload.js";
import type { S3Bucket } from "./bucket.js";
import { isConflict } from "./errors.js";
import { toObjectInfo } from "./object-info.js";
import { statObject } from "./object.js";
import { uploadStream } from "./upload/upload-stream.js";
import type { UploadParams, Uploaded } from "./upload/multipart.js";
import { uploadBytes } from "./upload/upload.js";

// Waits in ms before a write that conflicted with another writer is sent again. After the last one, the caller gets
// `UNAVAILABLE`.
const CONFLICT_PAUSES = [25, 50, 100, 200];

interface Written extends Uploaded {
  size: number;
}

/** Writes one object. A small body takes one PutObject. A larger body takes a multipart upload. */
export async function writeObject(
  bucket: S3Bucket,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  call: DriverCall,
): Promise<ObjectInfo> {
  const params = paramsOf(bucket, path, options);
  const { maxObjectSize } = bucket;
  const whole = async (bytes: Uint8Array): Promise<Written> => {
    const isSmall = bytes.byteLength <= bucket.maxSinglePut;
    const { ETag } = isSmall
      ? await putObject(bucket, params, bytes, options.digest, call)
      : await uploadBytes(bucket, params, bytes, call);
    return { size: bytes.byteLength, ETag };
  };
  const inParts = async (chunks: Chunks, stop: LinkedAbort): Promise<Written> => {
    const parts = new Parts(chunks, (number) => bucket.streamPartSize(number));
    const buffer = parts.newBuffer();
    const part = (await parts.next(buffer))!; // an empty body has a part too
    if (parts.ended) return whole(part.bytes);
    const { ETag } = await uploadStream(bucket, params, parts, { part, buffer }, call, stop);
    return { size: parts.size, ETag };
  };
  try {
    const { size, ETag } = isWholeBody(body)
      ? await whole(await checkedBytes(body, options, call.details, maxObjectSize))
      : await uploadChunks(body, options, call, maxObjectSize, inParts);
    return toObjectInfo(path, size, { ETag, ContentType: options.contentType, Metadata: options.metadata });
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw await decidedConflict(error, options, call, (plain) => statObject(bucket, path, plain));
  }
}

async function putObject(
  bucket: S3Bucket,
  params: UploadParams,
  bytes: Uint8Array,
  digest: string | undefined,
  call: DriverCall,
  attempt = 0,
): Promise<Uploaded> {
  try {
    const sha256 = digest === undefined ? knownSha256(bytes) : sha256Of(digest);
    return await bucket.ask(call, "PutObject", params, { bytes, sha256 });
  } catch (error) {
    const milliseconds = CONFLICT_PAUSES[attempt];
    if (milliseconds === undefined || !isConflict(error)) throw await bucket.errorOf(error, call);
    await pause(systemClock, milliseconds, call.signal, call.details);
    return putObject(bucket, params, bytes, digest, call, attempt + 1);
  }
}

function paramsOf(bucket: S3Bucket, path: string, options: WriteOptions): UploadParams {
  const { contentType, metadata, ifNoneMatch, ifMatch } = options;
  return {
    ...bucket.address(path),
    ...bucket.encryption,
    ContentType: contentType,
    Metadata: metadata,
    IfNoneMatch: ifNoneMatch,
    IfMatch: ifMatch && quotedEtag(ifMatch),
  };
}
