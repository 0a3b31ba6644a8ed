import type { DriverCall } from "../driver-store.js";
import { checkedBytes, isWholeBody } from "../../body.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import { quotedEtag } from "../object-info.js";
import { decidedConflict, uploadChunks, type Chunks } from "../upload.js";
import type { AzureContainer } from "./container.js";
import { AZURE_ERRORS } from "./errors.js";
import { toAzureMetadata } from "./metadata.js";
import { toObjectInfo } from "./object-info.js";
import { statObject } from "./stat.js";
import { putBlob, putBlocks, type Uploaded, type UploadParams } from "./upload.js";

// How often a body that is there as a whole is sent before another writer has won.
const ATTEMPTS = 3;

/** Writes one object: by one Put Blob what fits into a block, in blocks what does not. */
export async function writeObject(
  container: AzureContainer,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  maxSize: number,
  call: DriverCall,
): Promise<ObjectInfo> {
  const name = container.blobName(path, call.details);
  const params = paramsOf(options);
  try {
    const written = isWholeBody(body)
      ? await writeWhole(container, name, params, await checkedBytes(body, options, call.details, maxSize), call)
      : await uploadChunks(body, options, call, maxSize, (chunks, stop) =>
          writeChunks(container, name, params, chunks, call, stop),
        );
    return toObjectInfo(path, written.size, { ...options, ...written, metadata: params.metadata });
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    throw await decidedConflict(error, options, call, (plain) => statObject(container, path, plain));
  }
}

async function writeWhole(
  container: AzureContainer,
  name: string,
  params: UploadParams,
  bytes: Uint8Array,
  call: DriverCall,
  attempt = 1,
): Promise<Uploaded> {
  const { blockSize } = container.options;
  if (bytes.byteLength <= blockSize) return putBlob(container, name, params, bytes, call);
  const stop = new LinkedAbort(call.signal);
  try {
    return await putBlocks(container, name, params, blocksOf(bytes, blockSize), call, stop);
  } catch (error) {
    if (attempt === ATTEMPTS || call.condition !== undefined || !isOvertaken(error)) throw error;
    return await writeWhole(container, name, params, bytes, call, attempt + 1);
  } finally {
    stop.unlink();
  }
}

async function writeChunks(
  container: AzureContainer,
  name: string,
  params: UploadParams,
  chunks: Chunks,
  call: DriverCall,
  stop: LinkedAbort,
): Promise<Uploaded> {
  const { blockSize } = container.options;
  const blocks = joinBlocks(chunks, blockSize);
  const { value } = await blocks.next();
  const first = value ?? new Uint8Array(0);
  // A short block is the last one, and the body has been checked.
  if (first.byteLength < blockSize) return putBlob(container, name, params, first, call);
  return putBlocks(container, name, params, resumed(first, blocks), call, stop);
}

/** Joins chunks to blocks of one size; the last is shorter, and never empty. */
async function* joinBlocks(
  chunks: AsyncIterable<Uint8Array>,
  blockSize: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let pieces: Uint8Array[] = [];
  let filled = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.byteLength;) {
      const piece = chunk.subarray(start, start + blockSize - filled);
      pieces.push(new Uint8Array(piece)); // a source may use its buffer again
      start += piece.byteLength;
      filled += piece.byteLength;
      if (filled < blockSize) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      filled = 0;
    }
  }
  if (filled > 0) yield Buffer.concat(pieces);
}

async function* resumed(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* rest;
}

async function* blocksOf(bytes: Uint8Array, blockSize: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += blockSize) {
    yield await Promise.resolve(bytes.subarray(start, start + blockSize));
  }
}

// A writer that commits throws away the blocks that another has staged for the same blob by then. It does no harm if they
// write the same: see blockId.
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
