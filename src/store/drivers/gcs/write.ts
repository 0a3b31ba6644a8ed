import type { DriverCall } from "../driver-store.js";
import { checkedBytes, isWholeBody } from "../../body.js";
import { throwIfAborted } from "../../../async/abort.js";
import { StorageError } from "../../../errors/error.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { uploadChunks, type Chunks } from "../upload.js";
import type { GcsBucket } from "./bucket.js";
import { generationQuery } from "./generation.js";
import { toObjectInfo, type ObjectResource } from "./object-info.js";
import { MAX_METADATA_SIZE, MAX_OBJECT_SIZE } from "./options.js";
import { checksumOf, uploadWhole, verified, type UploadParams } from "./upload.js";
import { UploadSession } from "./upload-session.js";

/**
 * Writes one object: by one request what fits into a chunk, by a session what does not, and what has a condition. No
 * object is made before the whole body has come and is what was declared.
 */
export async function writeObject(
  bucket: GcsBucket,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  call: DriverCall,
): Promise<ObjectInfo> {
  const query = generationQuery(options, call);
  const { contentType = "application/octet-stream", metadata } = options;
  assertMetadataSize(metadata, call);
  const params: UploadParams = { name: bucket.objectName(path, call.details), contentType, metadata, query };
  const resource = isWholeBody(body)
    ? await writeBytes(bucket, params, await checkedBytes(body, options, call.details, MAX_OBJECT_SIZE), call)
    : await uploadChunks(body, options, call, MAX_OBJECT_SIZE, (chunks) => writeChunks(bucket, params, chunks, call));
  return toObjectInfo(path, resource, call);
}

async function writeBytes(
  bucket: GcsBucket,
  params: UploadParams,
  bytes: Uint8Array,
  call: DriverCall,
): Promise<ObjectResource> {
  if (params.query.ifGenerationMatch === undefined && bytes.byteLength <= bucket.chunkSize)
    return uploadWhole(bucket, params, bytes, call);
  const crc32c = await checksumOf(bucket, bytes, call);
  const session = await UploadSession.begin(bucket, params, bytes.byteLength, call);
  const made = await orCancel(session, () => session.send(bytes, 0, bytes.byteLength, crc32c));
  return verified(bucket, params, made!, crc32c, call);
}

async function writeChunks(
  bucket: GcsBucket,
  params: UploadParams,
  chunks: Chunks,
  call: DriverCall,
): Promise<ObjectResource> {
  const first = await takeChunk(chunks, bucket.chunkSize, new Uint8Array(0));
  if (first.ended) return writeBytes(bucket, params, first.bytes, call);
  const session = await UploadSession.begin(bucket, params, undefined, call);
  const send = bucket.features.chunkedUpload ? sendChunks : sendStream;
  return orCancel(session, () => send(bucket, params, session, first, chunks, call));
}

async function sendChunks(
  bucket: GcsBucket,
  params: UploadParams,
  session: UploadSession,
  first: TakenChunk,
  chunks: Chunks,
  call: DriverCall,
): Promise<ObjectResource> {
  const checksum = (await bucket.client.storage(call)).crc32cGenerator();
  let taken = first;
  for (let start = 0; ; start += bucket.chunkSize) {
    checksum.update(taken.bytes as Buffer);
    const total = taken.ended ? start + taken.bytes.byteLength : undefined;
    const crc32c = taken.ended ? checksum.toString() : undefined;
    const made = await session.send(taken.bytes, start, total, crc32c);
    if (made !== undefined) return verified(bucket, params, made, checksum.toString(), call);
    throwIfAborted(call.signal, call.details);
    taken = await takeChunk(chunks, bucket.chunkSize, taken.rest);
  }
}

async function sendStream(
  bucket: GcsBucket,
  params: UploadParams,
  session: UploadSession,
  first: TakenChunk,
  chunks: Chunks,
  call: DriverCall,
): Promise<ObjectResource> {
  const checksum = (await bucket.client.storage(call)).crc32cGenerator();
  async function* all(): Chunks {
    for (const bytes of [first.bytes, first.rest]) {
      checksum.update(bytes as Buffer);
      yield bytes;
    }
    for await (const chunk of chunks) {
      const copy = Buffer.from(chunk); // a source may use its buffer again before this one is sent
      checksum.update(copy);
      yield copy;
    }
  }
  const made = await session.sendAll(all());
  return verified(bucket, params, made, checksum.toString(), call);
}

/** Bytes of one request, and what the source gave beyond them. */
interface TakenChunk {
  bytes: Uint8Array;
  rest: Uint8Array;
  /** The source has ended: these are the last bytes. */
  ended: boolean;
}

/** Takes a chunk from a source. It is the last one only when the source says so, so there is always one byte more to see. */
async function takeChunk(source: Chunks, chunkSize: number, begun: Uint8Array): Promise<TakenChunk> {
  const parts = [begun];
  let size = begun.byteLength;
  let ended = false;
  while (size <= chunkSize && !ended) {
    const next = await source.next();
    if (next.done === true) ended = true;
    else {
      parts.push(new Uint8Array(next.value)); // a source may use its buffer again
      size += next.value.byteLength;
    }
  }
  const bytes = parts.length === 1 ? begun : Buffer.concat(parts, size);
  return { bytes: bytes.subarray(0, chunkSize), rest: bytes.subarray(chunkSize), ended };
}

async function orCancel<T>(session: UploadSession, upload: () => Promise<T>): Promise<T> {
  try {
    return await upload();
  } catch (error) {
    session.cancel();
    throw error;
  }
}

function assertMetadataSize(metadata: Record<string, string> | undefined, { details }: DriverCall): void {
  const size = Object.entries(metadata ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size <= MAX_METADATA_SIZE) return;
  throw new StorageError("LIMIT_EXCEEDED", `The metadata has more than ${MAX_METADATA_SIZE} bytes.`, details);
}
