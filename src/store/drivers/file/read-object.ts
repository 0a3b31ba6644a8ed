import { NO_OBJECT } from "../../no-object.js";
import type { FileHandle } from "node:fs/promises";
import type { CallDetails } from "../../check.js";
import { bytesResult, streamResult } from "../../read-result.js";
import type { ReadOptions, ReadResult } from "../../store.js";
import { readCall, type DriverCall } from "../driver-store.js";
import { FileFault, fileError } from "./file-error.js";
import { atPlace, type FileTree } from "./file-tree.js";
import { objectInfo, openObject } from "./object-file.js";

/** Bytes of one chunk. Content that is no larger is read at once, and keeps no file open. */
const CHUNK_BYTES = 262_144;

// A result that is dropped without cancel() leaves its file open. Node.js warns if it has to close a file itself.
const dropped = new FinalizationRegistry((handle: FileHandle) => void handle.close().catch(() => undefined));

/** Reads an object or a range of it. A later write or delete does not change the content of the result. */
export async function readObject(
  tree: FileTree,
  path: string,
  options: ReadOptions,
  call: DriverCall,
): Promise<ReadResult> {
  const opened = await atPlace(tree, path, (place) => openObject(tree.root, place));
  if (opened === undefined) throw new FileFault("NOT_FOUND", NO_OBJECT);
  const info = objectInfo(path, opened.stats);
  const start = Math.min(options.offset ?? 0, info.size);
  const file = new FileChunks(
    opened.handle,
    start,
    Math.min(options.length ?? info.size, info.size - start),
    call.details,
  );
  if (file.remaining <= CHUNK_BYTES) {
    const { value } = await file.next();
    await file.close();
    return bytesResult(info, value ?? new Uint8Array(), readCall(call));
  }
  return streamResult(info, { [Symbol.asyncIterator]: () => file }, () => file.close(), readCall(call));
}

/** Reads an open file chunk by chunk. Closes the file at the end, after an error, and when the reader stops early. */
class FileChunks implements AsyncIterator<Uint8Array, undefined> {
  #position: number;
  #remaining: number;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly handle: FileHandle,
    position: number,
    length: number,
    private readonly details: CallDetails,
  ) {
    this.#position = position;
    this.#remaining = length;
    dropped.register(this, handle, this);
  }

  get remaining(): number {
    return this.#remaining;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const size = Math.min(CHUNK_BYTES, this.#remaining);
    if (size <= 0) return this.return(); // below 0 if the reader stopped during a read
    const reading = this.#fill(new Uint8Array(size));
    this.#reading = reading.catch(() => undefined);
    try {
      return { done: false, value: await reading };
    } catch (error) {
      await this.return();
      throw fileError(error, this.details);
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#remaining = 0;
    dropped.unregister(this);
    await this.#reading; // if closed during a read, its descriptor could already belong to another file
    await this.handle.close();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    await this.return();
  }

  async #fill(chunk: Uint8Array): Promise<Uint8Array> {
    for (let filled = 0; filled < chunk.byteLength;) {
      const { bytesRead } = await this.handle.read(chunk, filled, chunk.byteLength - filled, this.#position);
      if (bytesRead === 0) throw new FileFault("INTEGRITY", "The file was cut off while it was read.");
      filled += bytesRead;
      this.#position += bytesRead;
      this.#remaining -= bytesRead;
    }
    return chunk;
  }
}
