import { declareOwnStore } from "../guard/own-stores.js";
import { endingSource } from "../body-source.js";
import { throwIfAborted } from "../../async/abort.js";
import { checkedBytes, checkedChunks, isHandedOver, isWholeBody } from "../body.js";
import { unsupportedError, type Capability } from "../capability.js";
import {
  checkCopy,
  checkDelete,
  checkList,
  checkRead,
  checkStat,
  checkWrite,
  isListed,
  type CallDetails,
} from "../check.js";
import { StorageError } from "../../errors/error.js";
import { comparePaths } from "../../paths/path.js";
import { bytesResult } from "../read-result.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store.js";

// Neither the bytes nor anything else of a stored object ever changes: a write puts a new one in its place.
interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType: string | undefined;
  readonly metadata: Record<string, string> | undefined;
}

/**
 * Keeps objects in the memory of this process: for tests, and as the fast tier of other stores. Bytes are copied in and
 * out, so nobody shares a buffer with the store; only those that a manager has made for it are kept without a copy. Everything but `presign` is supported. `close()` does nothing: the
 * objects stay readable, and go when the store itself does.
 *
 * @example
 * const store = new MemoryStore();
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json" });
 * const bytes = await (await store.read("runs/42/input.json")).bytes();
 */
export class MemoryStore implements Store {
  readonly name = "memory";
  readonly capability: Readonly<Capability> = Object.freeze({
    read: true,
    write: true,
    stat: true,
    delete: true,
    list: true,
    copy: true,
    presign: false,
    rangeRead: true,
    ifNoneMatch: true,
    ifMatch: true,
    deleteIfMatch: true,
    metadata: true,
    contentType: true,
  });
  readonly #objects = new Map<string, StoredBytes>();

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, (source) => this.#write(path, source, options));
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const details = checkRead(this, path, options);
    const object = this.#get(path, details);
    const { offset = 0, length = object.bytes.byteLength } = options;
    const copy = new Uint8Array(object.bytes.subarray(offset, offset + length)); // slice() of a Buffer would not copy
    return Promise.resolve(bytesResult(describe(path, object), copy, { store: this.name, signal: options.signal }));
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkStat(this, path, options);
    const object = this.#objects.get(path);
    return Promise.resolve(object && describe(path, object));
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const details = checkDelete(this, path, options);
    this.#assertMatch(path, options.ifMatch, details);
    this.#objects.delete(path);
    return Promise.resolve();
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const details = checkList(this, prefix, options);
    const { startAfter, limit, signal } = options;
    const paths = [...this.#objects.keys()].filter((path) => isListed(path, prefix, startAfter)).sort(comparePaths);
    let listed = 0;
    for (const path of paths) {
      if (listed === limit) return;
      throwIfAborted(signal, details);
      const object = this.#objects.get(path);
      if (object === undefined) continue; // deleted while the listing went on
      listed++;
      yield await Promise.resolve(describe(path, object));
    }
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const details = checkCopy(this, from, to, options);
    return Promise.resolve(this.#put(to, this.#get(from, details)));
  }

  presign(path: string): Promise<string> {
    return Promise.reject(unsupportedError(this, "presign", "presign", path));
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #write(path: string, body: StoreBody, options: WriteOptions): Promise<ObjectInfo> {
    const details = checkWrite(this, path, body, options);
    const { contentType, ifMatch, ifNoneMatch } = options;
    const metadata = options.metadata && { ...options.metadata };
    const bytes = isWholeBody(body)
      ? ownBytes(checkedBytes(body, options, details))
      : await collect(body, options, details);
    throwIfAborted(options.signal, details);
    // From here to the end nothing waits: the conditions hold when the object is put.
    if (ifNoneMatch !== undefined && this.#objects.has(path)) {
      throw new StorageError("ALREADY_EXISTS", "An object is already there.", details);
    }
    this.#assertMatch(path, ifMatch, details);
    return this.#put(path, { bytes, contentType, metadata });
  }

  #get(path: string, details: CallDetails): StoredBytes {
    const object = this.#objects.get(path);
    if (object === undefined) throw new StorageError("NOT_FOUND", "There is no such object.", details);
    return object;
  }

  #assertMatch(path: string, etag: string | undefined, details: CallDetails): void {
    if (etag === undefined || this.#objects.get(path)?.etag === etag) return;
    throw new StorageError("PRECONDITION_FAILED", "The object is missing or is another version.", details);
  }

  #put(path: string, object: Pick<StoredBytes, "bytes" | "contentType" | "metadata">): ObjectInfo {
    const stored = { ...object, etag: nextEtag(), lastModified: new Date() };
    this.#objects.set(path, stored);
    return describe(path, stored);
  }

  static {
    declareOwnStore(this);
  }
}

let lastVersion = 0;

// A version, not a digest: it costs nothing, and no two writes of this process share one, in whatever store.
function nextEtag(): string {
  return `"${(++lastVersion).toString(36)}"`;
}

function describe(path: string, object: StoredBytes): ObjectInfo {
  const { bytes, etag, lastModified, contentType, metadata } = object;
  return {
    path,
    size: bytes.byteLength,
    etag,
    lastModified: new Date(lastModified),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata: { ...metadata } }),
  };
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  return isHandedOver(bytes) ? bytes : new Uint8Array(bytes);
}

async function collect(body: StoreBody, options: WriteOptions, details: CallDetails): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  // Copied at once, since a source may use its buffer again for the next chunk.
  for await (const chunk of checkedChunks(body, options, details)) parts.push(new Uint8Array(chunk));
  return Buffer.concat(parts);
}
