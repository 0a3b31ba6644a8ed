import type { FileHandle } from "node:fs/promises";
import type { CallDetails } from "../../check.js";
import { bytesResult, streamResult } from "../../read-result.js";
import type { ReadOptions, ReadResult } from "../../store.js";
import { FileFault, fileError } from "./file-error.js";
import { placeOf, type FileTree } from "./file-tree.js";
import { objectInfo, openObject } from "./object-file.js";

/** Bytes of one chunk. What is no larger is read at once, and keeps no file open. */
const CHUNK_BYTES = 262_144;

// A result that is dropped without cancel() leaves its file open. Node.js warns when it has to close one itself.
const dropped = new FinalizationRegistry((handle: FileHandle) => void handle.close().catch(() => undefined));

/** Reads an object or a range of it. A write or delete that follows does not change what the result still brings. */
export async function readObject(
  tree: FileTree,
  path: string,
  options: ReadOptions,
  details: CallDetails,
): Promise<ReadResult> {
  const opened = await tree.root.use(async (root) =>
    root === undefined ? undefined : openObject(tree.root, placeOf(path, root, tree.rules)),
  );
  if (opened === undefined) throw new FileFault("NOT_FOUND", "There is no such object.");

  const call = { store: details.store, signal: options.signal };
  const info = objectInfo(path, opened.stats);
  const start = Math.min(options.offset ?? 0, info.size);
  const file = new FileChunks(opened.handle, start, Math.min(options.length ?? info.size, info.size - start), details);
  if (file.remaining <= CHUNK_BYTES) {
    const { value } = await file.next();
    await file.close();
    return bytesResult(info, value ?? new Uint8Array(), call);
  }
  return streamResult(info, { [Symbol.asyncIterator]: () => file }, () => file.close(), call);
}

/** The bytes of an open file, chunk by chunk. The file is closed at their end, after an error, and when given up. */
class FileChunks implements AsyncIterator<Uint8Array, undefined> {
  readonly #handle: FileHandle;
  readonly #details: CallDetails;
  #position: number;
  #remaining: number;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(handle: FileHandle, position: number, length: number, details: CallDetails) {
    this.#handle = handle;
    this.#position = position;
    this.#remaining = length;
    this.#details = details;
    dropped.register(this, handle, this);
  }

  get remaining(): number {
    return this.#remaining;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const size = Math.min(CHUNK_BYTES, this.#remaining);
    if (size <= 0) return this.return(); // below 0 after it was given up under a read
    const reading = this.#fill(new Uint8Array(size));
    this.#reading = reading.catch(() => undefined);
    try {
      return { done: false, value: await reading };
    } catch (error) {
      await this.return();
      throw fileError(error, this.#details);
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#remaining = 0;
    dropped.unregister(this);
    await this.#reading; // closed under a read, its descriptor could already be another file's
    await this.#handle.close();
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    await this.return();
  }

  async #fill(chunk: Uint8Array): Promise<Uint8Array> {
    for (let filled = 0; filled < chunk.byteLength;) {
      const { bytesRead } = await this.#handle.read(chunk, filled, chunk.byteLength - filled, this.#position);
      if (bytesRead === 0) throw new FileFault("INTEGRITY", "The file was cut off while it was read.");
      filled += bytesRead;
      this.#position += bytesRead;
      this.#remaining -= bytesRead;
    }
    return chunk;
  }
}
