import type { DriverCall } from "../driver-store.js";
import type { CRC32CValidator } from "@google-cloud/storage";
import { checkedBytes, isWholeBody } from "../../body.js";
import { throwIfAborted } from "../../../async/abort.js";
import { StorageError } from "../../../errors/error.js";
import type { Chunks, ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { Parts, type Part, type TakenPart } from "../parts.js";
import { uploadChunks } from "../upload.js";
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
    if (params.query.ifGenerationMatch === undefined && size <= bucket.options.chunkSize) {
      return uploadWhole(bucket, params, bytes, call);
    }
    const crc32c = await checksumOf(bucket, bytes, call);
    const made = await this.#inSession(size, (session) => session.send(bytes, 0, size, crc32c));
    return verified(bucket, params, made!, crc32c, call);
  }

  async chunks(chunks: Chunks): Promise<ObjectResource> {
    const { bucket, params, call } = this;
    const parts = new Parts(chunks, () => bucket.options.chunkSize);
    const buffer = parts.newBuffer();
    const part = (await parts.next(buffer))!; // an empty body has a part too
    if (parts.ended) return this.bytes(part.bytes);
    const checksum = (await bucket.client.storage(call)).crc32cGenerator();
    const made = await this.#inSession(undefined, (session) =>
      bucket.features.chunkedUpload
        ? this.#sendParts(session, parts, { part, buffer }, checksum)
        : session.sendAll(summed(parts, { part, buffer }, checksum)),
    );
    return verified(bucket, params, made, checksum.toString(), call);
  }

  async #sendParts(
    session: UploadSession,
    parts: Parts,
    { part: first, buffer }: TakenPart,
    checksum: CRC32CValidator,
  ): Promise<ObjectResource> {
    let part = first;
    let start = 0;
    for (;;) {
      checksum.update(part.bytes as Buffer);
      const total = parts.ended ? parts.size : undefined;
      const crc32c = parts.ended ? checksum.toString() : undefined;
      const made = await session.send(part.bytes, start, total, crc32c);
      if (made !== undefined) return made;
      throwIfAborted(this.call.signal, this.call.details);
      start = parts.size;
      part = (await parts.next(buffer))!; // the last part has made the object
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

/** Yields all parts, and adds each to the checksum when it is sent. */
async function* summed(parts: Parts, { part: first, buffer }: TakenPart, checksum: CRC32CValidator): Chunks {
  for (let part: Part | undefined = first; part !== undefined; part = await parts.next(buffer)) {
    const copy = Buffer.from(part.bytes); // the buffer is filled again before this part is sent
    checksum.update(copy);
    yield copy;
  }
}

function assertMetadataSize(metadata: Record<string, string> | undefined, { details }: DriverCall): void {
  const size = Object.entries(metadata ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size <= MAX_METADATA_SIZE) return;
  throw new StorageError("LIMIT_EXCEEDED", `The metadata has more than ${MAX_METADATA_SIZE} bytes.`, details);
}
