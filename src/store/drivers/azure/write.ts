import type { DriverCall } from "../driver-store.js";
import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import type { AzureContainer } from "./container.js";
import { conditionError, failureOf } from "./errors.js";
import { toAzureMetadata } from "./metadata.js";
import { quotedEtag, toObjectInfo } from "./object-info.js";
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
  details: DriverCall["details"],
): Promise<ObjectInfo> {
  const call: DriverCall = { details, signal: options.signal, condition: conditionOf(options) };
  const name = container.blobName(path, details);
  const params = paramsOf(options);
  try {
    const written = isWholeBody(body)
      ? await writeWhole(container, name, params, await checkedBytes(body, options, details, maxSize), call)
      : await writeChunks(container, name, params, body, options, maxSize, call);
    return toObjectInfo(path, written.size, { ...options, ...written, metadata: params.metadata });
  } catch (error) {
    throw isOvertaken(error) ? await decided(container, path, options, call, error) : error;
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
  body: StoreBody,
  options: WriteOptions,
  maxSize: number,
  call: DriverCall,
): Promise<Uploaded> {
  const { blockSize } = container.options;
  const stop = new LinkedAbort(options.signal);
  const chunks = checkedChunks(body, { ...options, signal: stop.signal }, call.details, maxSize);
  try {
    const blocks = joinBlocks(chunks, blockSize);
    const first = await blocks.next();
    if (first.done === true) return await putBlob(container, name, params, new Uint8Array(0), call);
    // A short block is the last one, and the body has been checked.
    if (first.value.byteLength < blockSize) return await putBlob(container, name, params, first.value, call);
    return await putBlocks(container, name, params, resumed(first.value, blocks), call, stop);
  } finally {
    stop.unlink();
    await chunks.return();
  }
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
  return failureOf(error)?.name === "InvalidBlockList";
}

/** The error of a write that another one overtook: what became of its condition, as far as that can be seen by now. */
async function decided(
  container: AzureContainer,
  path: string,
  { ifNoneMatch, ifMatch }: WriteOptions,
  { details, signal }: DriverCall,
  overtaken: unknown,
): Promise<unknown> {
  if (ifNoneMatch === undefined && ifMatch === undefined) return overtaken;
  const current = await statObject(container, path, { details, signal });
  if (ifNoneMatch !== undefined) return current === undefined ? overtaken : conditionError("ALREADY_EXISTS", details);
  return ifMatch !== undefined && current?.etag === quotedEtag(ifMatch)
    ? overtaken
    : conditionError("PRECONDITION_FAILED", details);
}

function paramsOf({ contentType, metadata, ifNoneMatch, ifMatch }: WriteOptions): UploadParams {
  return {
    ...(contentType !== undefined && { blobHTTPHeaders: { blobContentType: contentType } }),
    ...(metadata !== undefined && { metadata: toAzureMetadata(metadata) }),
    ...(ifNoneMatch !== undefined && { conditions: { ifNoneMatch } }),
    ...(ifMatch !== undefined && { conditions: { ifMatch: quotedEtag(ifMatch) } }),
  };
}

function conditionOf({ ifNoneMatch, ifMatch }: WriteOptions): DriverCall["condition"] {
  if (ifNoneMatch !== undefined) return "ifNoneMatch";
  return ifMatch === undefined ? undefined : "ifMatch";
}
