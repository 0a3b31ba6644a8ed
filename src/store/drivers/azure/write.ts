import type { DriverCall } from "../driver-store.js";
import { GatheredBytes } from "../../../bytes/gathered-bytes.js";
import { checkedBytes, isWholeBody } from "../../body.js";
import type { Chunks, ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import { quotedEtag } from "../object-info.js";
import { decidedConflict, uploadChunks } from "../upload.js";
import type { AzureContainer } from "./container.js";
import { AZURE_ERRORS } from "./errors.js";
import { toAzureMetadata } from "./metadata.js";
import { toObjectInfo } from "./object-info.js";
import { statObject } from "./blob.js";
import { BlobUpload, type Uploaded, type UploadParams } from "./upload.js";

// The most attempts to send a whole body before another writer has won.
const ATTEMPTS = 3;

/** Writes one object. One Put Blob writes a body that fits into a block. A larger body is written in blocks. */
export async function writeObject(
  container: AzureContainer,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  maxSize: number,
  call: DriverCall,
): Promise<ObjectInfo> {
  const params = paramsOf(options);
  const upload = new BlobUpload(container, container.blobName(path, call.details), params, call);
  const { blockSize } = container.options;
  try {
    const written = isWholeBody(body)
      ? await writeWhole(upload, await checkedBytes(body, options, call.details, maxSize), blockSize, call)
      : await uploadChunks(body, options, call, maxSize, (chunks, stop) =>
          writeChunks(upload, chunks, blockSize, stop),
        );
    return toObjectInfo(path, written.size, { ...options, ...written, metadata: params.metadata });
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    throw await decidedConflict(error, options, call, (plain) => statObject(container, path, plain));
  }
}

async function writeWhole(
  upload: BlobUpload,
  bytes: Uint8Array,
  blockSize: number,
  call: DriverCall,
  attempt = 1,
): Promise<Uploaded> {
  if (bytes.byteLength <= blockSize) return upload.put(bytes);
  const stop = new LinkedAbort(call.signal);
  try {
    return await upload.putBlocks(blocksOf(bytes, blockSize), stop);
  } catch (error) {
    if (attempt === ATTEMPTS || call.condition !== undefined || !isOvertaken(error)) throw error;
    return await writeWhole(upload, bytes, blockSize, call, attempt + 1);
  } finally {
    stop.unlink();
  }
}

async function writeChunks(
  upload: BlobUpload,
  chunks: Chunks,
  blockSize: number,
  stop: LinkedAbort,
): Promise<Uploaded> {
  const blocks = joinBlocks(chunks, blockSize);
  const { value: first } = await blocks.next();
  // A short block is the last one, and the body has been checked by then.
  if (first === undefined || first.byteLength < blockSize) return upload.put(first ?? new Uint8Array(0));
  return upload.putBlocks(resumed(first, blocks), stop);
}

/** Joins chunks to blocks of one size, each in memory of its own. The last block is shorter, and never empty. */
async function* joinBlocks(chunks: AsyncIterable<Uint8Array>, blockSize: number): Chunks {
  let block = new GatheredBytes(blockSize);
  for await (const chunk of chunks) {
    for (let rest: Uint8Array | undefined = chunk; rest !== undefined;) {
      rest = block.take(rest);
      if (block.size < blockSize) continue;
      yield block.bytes();
      block = new GatheredBytes(blockSize, blockSize);
    }
  }
  if (block.size > 0) yield block.kept();
}

async function* resumed(first: Uint8Array, rest: AsyncIterable<Uint8Array>): Chunks {
  yield first;
  yield* rest;
}

async function* blocksOf(bytes: Uint8Array, blockSize: number): Chunks {
  for (let start = 0; start < bytes.byteLength; start += blockSize) {
    yield await Promise.resolve(bytes.subarray(start, start + blockSize));
  }
}

// A commit discards the blocks that another writer has staged for the same blob by then. This does no harm if both
// write the same bytes: see blockId.
function isOvertaken(error: unknown): boolean {
  return AZURE_ERRORS.failureOf(error)?.name === "InvalidBlockList";
}

function paramsOf({ contentType, metadata, ifNoneMatch, ifMatch }: WriteOptions): UploadParams {
  return {
    ...(contentType !== undefined && { blobHTTPHeaders: { blobContentType: contentType } }),
    ...(metadata !== undefined && { metadata: toAzureMetadata(metadata) }),
    ...(ifNoneMatch !== undefined && { conditions: { ifNoneMatch } }),
    ...(ifMatch !== undefined && { conditions: { ifMatch: quotedEtag(ifMatch) } }),
  };
}
