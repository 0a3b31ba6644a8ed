import type { DriverCall } from "../driver-store.js";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { BlockBlobCommitBlockListOptions } from "@azure/storage-blob";
import type { LinkedAbort } from "../../../async/linked-abort.js";
import { sideBySide } from "../upload.js";
import type { AzureContainer } from "./container.js";
import { AZURE_ERRORS } from "./errors.js";
import type { Chunks } from "../../store.js";

/** Everything that a write sends besides the body. */
export type UploadParams = Pick<BlockBlobCommitBlockListOptions, "blobHTTPHeaders" | "metadata" | "conditions">;

/** The result of an upload. */
export interface Uploaded {
  size: number;
  etag?: string | undefined;
  lastModified?: Date | undefined;
}

// Bytes of the pieces in which a large body goes to the socket, so that its progress is visible.
const PIECE_SIZE = 256 * 1024;

/** Writes one blob, whole or in blocks. */
export class BlobUpload {
  constructor(
    private readonly container: AzureContainer,
    private readonly name: string,
    private readonly params: UploadParams,
    private readonly call: DriverCall,
  ) {}

  /** Writes the blob with one Put Blob. */
  async put(bytes: Uint8Array): Promise<Uploaded> {
    const size = bytes.byteLength;
    const { etag, lastModified } = await this.container.send(this.call, ({ client, abortSignal, progress }) =>
      client.getBlockBlobClient(this.name).upload(inPieces(bytes, progress), size, { ...this.params, abortSignal }),
    );
    return { size, etag, lastModified };
  }

  /**
   * Writes the blob in blocks, with at most `queueSize` of them in flight. The blocks become the object when their
   * list is committed.
   *
   * The first failure, of a block or of the source, stops the other blocks. So does `stop`, which a hanging source
   * must also listen to. The promise rejects when all have stopped. Blocks without a list are invisible. Azure
   * removes them after a week, or at the next write of that object.
   */
  async putBlocks(blocks: Chunks, stop: LinkedAbort): Promise<Uploaded> {
    const call: DriverCall = { ...this.call, signal: stop.signal };
    const ids: string[] = [];
    let size = 0;

    const stageNext = async (): Promise<void> => {
      // Blocks are taken one after the other, whichever stager asks.
      for (let next = await blocks.next(); next.done !== true && !stop.signal.aborted; next = await blocks.next()) {
        const bytes = next.value;
        const id = blockId(bytes, ids.length);
        ids.push(id);
        size += bytes.byteLength;
        await this.container.send(call, ({ client, abortSignal, progress }) => {
          const blob = client.getBlockBlobClient(this.name);
          return blob.stageBlock(id, inPieces(bytes, progress), bytes.byteLength, { abortSignal });
        });
      }
    };
    await sideBySide(this.container.options.queueSize, stop, stageNext).catch((error: unknown) => {
      // Without the signal of `call`: the other blocks were stopped by a failure, which is an abort only if the
      // caller's signal fired.
      throw AZURE_ERRORS.of(error, this.call);
    });
    const { etag, lastModified } = await this.container.send(call, ({ client, abortSignal }) =>
      client.getBlockBlobClient(this.name).commitBlockList(ids, { ...this.params, abortSignal }),
    );
    return { size, etag, lastModified };
  }
}

// The id depends on the content. If several writers write the same bytes at once, the blocks that one commits are
// also those of the others, and their lists are valid too. An id has 48 bytes, like the ids of the SDK, since all ids
// of one blob must have the same length.
function blockId(bytes: Uint8Array, index: number): string {
  const digest = createHash("sha256").update(bytes).digest("base64url");
  return Buffer.from(digest + String(index).padStart(5, "0")).toString("base64");
}

function inPieces(bytes: Uint8Array, progress: () => void): Buffer | (() => NodeJS.ReadableStream) {
  if (bytes.byteLength <= PIECE_SIZE) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A function, since every attempt needs its own stream.
  return () => Readable.from(pieces(bytes, progress), { highWaterMark: 1 });
}

function* pieces(bytes: Uint8Array, progress: () => void): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.byteLength; start += PIECE_SIZE) {
    progress();
    yield bytes.subarray(start, start + PIECE_SIZE);
  }
}
