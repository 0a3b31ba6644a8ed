import { NO_OBJECT } from "../no-object.js";
import { AT_ONCE, type AtOnce } from "../at-once.js";
import { verbsOf } from "../shortcut.js";
import { DriverStore, type Driver, type DriverCall } from "./driver-store.js";
import { declareOwnStore } from "../guard/own-stores.js";
import { throwIfAborted } from "../../async/abort.js";
import { Turns } from "../../async/turns.js";
import { copyInSteps } from "../../bytes/copy-bytes.js";
import { LARGE, checkedBytes, collectBody, isHandedOver, isWholeBody, wholeBytes } from "../body.js";
import { isListed, type CallDetails } from "../check.js";
import { StorageError, isStorageError } from "../../errors/error.js";
import { comparePaths } from "../../paths/path.js";
import { bytesResult } from "../read-result.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ObjectListing,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../store.js";

// A stored object never changes, nor do its bytes. A write replaces the whole object.
interface StoredBytes {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: Date;
  readonly contentType: string | undefined;
  readonly metadata: Record<string, string> | undefined;
}

/**
 * Keeps objects in the memory of this process, for tests and as the fast tier of other stores. Copies bytes in and
 * out, so that nobody shares a buffer with the store. Only buffers that a manager made for the store are kept without
 * a copy. Supports everything except `presign`. `close()` does nothing: the objects stay readable until the store
 * itself is collected.
 *
 * @example
 * const store = new MemoryStore();
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json" });
 * const bytes = await (await store.read("runs/42/input.json")).bytes();
 */
export class MemoryStore extends DriverStore<"memory"> {
  constructor() {
    const driver = new MemoryDriver();
    super(driver);
    AT_ONCE.declare(this, driver, VERBS);
  }

  static {
    declareOwnStore(this);
  }
}

const VERBS = verbsOf(MemoryStore.prototype);

class MemoryDriver implements Driver<"memory">, AtOnce {
  readonly name = "memory";
  readonly capability = { presign: false };
  readonly #objects = new Map<string, StoredBytes>();

  put(path: string, bytes: Uint8Array, contentType: string): void {
    this.#put(path, { bytes, contentType, metadata: undefined });
  }

  bytesOf(path: string): Uint8Array | undefined {
    return this.#objects.get(path)?.bytes;
  }

  async write(path: string, body: StoreBody, options: WriteOptions, { details }: DriverCall): Promise<ObjectInfo> {
    const { contentType, ifMatch, ifNoneMatch } = options;
    const metadata = options.metadata && { ...options.metadata };
    // Copied before the check, so that the checked bytes are the stored bytes.
    const bytes = isWholeBody(body)
      ? await checkedBytes(await ownBytes(body, options, details), options, details)
      : Buffer.concat(await collectBody(body, options, details));
    throwIfAborted(options.signal, details);
    // Nothing waits from here to the end, so the conditions still hold when the object is stored.
    if (ifNoneMatch !== undefined && this.#objects.has(path)) {
      throw new StorageError("ALREADY_EXISTS", "An object is already there.", details);
    }
    this.#assertMatch(path, ifMatch, details);
    return this.#put(path, { bytes, contentType, metadata });
  }

  async read(path: string, options: ReadOptions, { details }: DriverCall): Promise<ReadResult> {
    const object = this.#get(path, details);
    const { offset = 0, length = object.bytes.byteLength } = options;
    const bytes = object.bytes.subarray(offset, offset + length);
    // slice() of a Buffer would not copy
    const copy = bytes.byteLength < LARGE ? new Uint8Array(bytes) : await copyInTurns(bytes, options, details);
    return bytesResult(describe(path, object), copy, { store: this.name, signal: options.signal });
  }

  stat(path: string): Promise<ObjectInfo | undefined> {
    const object = this.#objects.get(path);
    return Promise.resolve(object && describe(path, object));
  }

  async delete(path: string, options: DeleteOptions, { details }: DriverCall): Promise<void> {
    this.#assertMatch(path, options.ifMatch, details);
    this.#objects.delete(path);
    return Promise.resolve();
  }

  async *list(prefix: string, options: ListOptions, { details }: DriverCall): ObjectListing {
    const { startAfter, limit, signal } = options;
    const paths = [...this.#objects.keys()].filter((path) => isListed(path, prefix, startAfter)).sort(comparePaths);
    let listed = 0;
    for (const path of paths) {
      if (listed === limit) return;
      throwIfAborted(signal, details);
      const object = this.#objects.get(path);
      if (object === undefined) continue; // deleted during the listing
      listed++;
      yield await Promise.resolve(describe(path, object));
    }
  }

  async copy(from: string, to: string, { details }: DriverCall): Promise<ObjectInfo> {
    return Promise.resolve(this.#put(to, this.#get(from, details)));
  }

  #get(path: string, details: CallDetails): StoredBytes {
    const object = this.#objects.get(path);
    if (object === undefined) throw new StorageError("NOT_FOUND", NO_OBJECT, details);
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
}

let lastVersion = 0;

// The etag is a version, not a digest. It costs nothing, and no two writes of this process share one, in any store.
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

function ownBytes(
  body: Uint8Array | string,
  options: CallOptions,
  details: CallDetails,
): Uint8Array | Promise<Uint8Array> {
  if (typeof body === "string") return wholeBytes(body);
  if (isHandedOver(body)) return body;
  return body.byteLength < LARGE ? new Uint8Array(body) : copyInTurns(body, options, details);
}

/** Copies many bytes in short turns, between which the process does other work. */
async function copyInTurns(bytes: Uint8Array, { signal }: CallOptions, details: CallDetails): Promise<Uint8Array> {
  try {
    return await new Turns().complete(copyInSteps(bytes), signal, details);
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    const message = "The bytes of the body were transferred or made smaller while they were copied. Write a copy.";
    throw new StorageError("CONFIG_INVALID", message, { ...details, cause });
  }
}
