import type { DriverCall } from "../driver-store.js";
import type { CRC32CValidator } from "@google-cloud/storage";
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
 * Writes one object. A body that fits into a chunk takes one request. A larger body or a write with a condition takes
 * a session. The object appears only after the whole body has arrived and matches its declaration.
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
  const upload = new Upload(bucket, params, call);
  const resource = isWholeBody(body)
    ? await upload.bytes(await checkedBytes(body, options, call.details, MAX_OBJECT_SIZE))
    : await uploadChunks(body, options, call, MAX_OBJECT_SIZE, (chunks) => upload.chunks(chunks));
  return toObjectInfo(path, resource, call);
}

/** One write: its target, its attributes and its call. */
class Upload {
  constructor(
    private readonly bucket: GcsBucket,
    private readonly params: UploadParams,
    private readonly call: DriverCall,
  ) {}

  async bytes(bytes: Uint8Array): Promise<ObjectResource> {
    const { bucket, params, call } = this;
    const size = bytes.byteLength;
    if (params.query.ifGenerationMatch === undefined && size <= bucket.chunkSize) {
      return uploadWhole(bucket, params, bytes, call);
    }
    const crc32c = await checksumOf(bucket, bytes, call);
    const made = await this.#inSession(size, (session) => session.send(bytes, 0, size, crc32c));
    return verified(bucket, params, made!, crc32c, call);
  }

  async chunks(chunks: Chunks): Promise<ObjectResource> {
    const { bucket, params, call } = this;
    const first = await takeChunk(chunks, bucket.chunkSize, new Uint8Array(0));
    if (first.ended) return this.bytes(first.bytes);
    const checksum = (await bucket.client.storage(call)).crc32cGenerator();
    const made = await this.#inSession(undefined, (session) =>
      bucket.features.chunkedUpload
        ? this.#sendChunks(session, first, chunks, checksum)
        : session.sendAll(summed(first, chunks, checksum)),
    );
    return verified(bucket, params, made, checksum.toString(), call);
  }

  async #sendChunks(
    session: UploadSession,
    first: TakenChunk,
    chunks: Chunks,
    checksum: CRC32CValidator,
  ): Promise<ObjectResource> {
    const { chunkSize } = this.bucket;
    let taken = first;
    for (let start = 0; ; start += chunkSize) {
      checksum.update(taken.bytes as Buffer);
      const total = taken.ended ? start + taken.bytes.byteLength : undefined;
      const crc32c = taken.ended ? checksum.toString() : undefined;
      const made = await session.send(taken.bytes, start, total, crc32c);
      if (made !== undefined) return made;
      throwIfAborted(this.call.signal, this.call.details);
      taken = await takeChunk(chunks, chunkSize, taken.rest);
    }
  }

  /** Runs `send` with a new session. Gives the session up if something fails. */
  async #inSession<T>(size: number | undefined, send: (session: UploadSession) => Promise<T>): Promise<T> {
    const session = await UploadSession.begin(this.bucket, this.params, size, this.call);
    try {
      return await send(session);
    } catch (error) {
      session.cancel();
      throw error;
    }
  }
}

/** Yields all chunks, and adds each to the checksum when it is sent. */
async function* summed({ bytes, rest }: TakenChunk, chunks: Chunks, checksum: CRC32CValidator): Chunks {
  for (const piece of [bytes, rest]) {
    checksum.update(piece as Buffer);
    yield piece;
  }
  for await (const chunk of chunks) {
    const copy = Buffer.from(chunk); // a source may reuse its buffer before this chunk is sent
    checksum.update(copy);
    yield copy;
  }
}

/** Bytes of one request, and the bytes of the source after them. */
interface TakenChunk {
  bytes: Uint8Array;
  rest: Uint8Array;
  /** Whether the source has ended, so that these are the last bytes. */
  ended: boolean;
}

/**
 * Takes a chunk from a source. Reads at least one byte more, since a chunk is the last one only if the source has
 * ended.
 */
async function takeChunk(source: Chunks, chunkSize: number, begun: Uint8Array): Promise<TakenChunk> {
  const parts = [begun];
  let size = begun.byteLength;
  let ended = false;
  while (size <= chunkSize && !ended) {
    const next = await source.next();
    if (next.done === true) ended = true;
    else {
      parts.push(new Uint8Array(next.value)); // a source may reuse its buffer
      size += next.value.byteLength;
    }
  }
  const bytes = parts.length === 1 ? begun : Buffer.concat(parts, size);
  return { bytes: bytes.subarray(0, chunkSize), rest: bytes.subarray(chunkSize), ended };
}

function assertMetadataSize(metadata: Record<string, string> | undefined, { details }: DriverCall): void {
  const size = Object.entries(metadata ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size <= MAX_METADATA_SIZE) return;
  throw new StorageError("LIMIT_EXCEEDED", `The metadata has more than ${MAX_METADATA_SIZE} bytes.`, details);
}
