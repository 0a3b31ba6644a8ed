import type { Capability } from "../../src/store/capability.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageError } from "../../src/errors/error.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../../src/store/store.js";

// MemoryStores with one thing wrong each. What it is, and what finds it, says defects.ts.

async function wholeBody(body: StoreBody): Promise<Uint8Array> {
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function all(listing: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = [];
  for await (const info of listing) infos.push(info);
  return infos;
}

/** A store that keeps every object under another path, which `change` makes of the right one. */
export function renaming(change: (path: string) => string): () => MemoryStore {
  class Renaming extends MemoryStore {
    override write(path: string, body: StoreBody, options?: WriteOptions) {
      return super.write(change(path), body, options);
    }
    override read(path: string, options?: ReadOptions) {
      return super.read(change(path), options);
    }
    override stat(path: string, options?: CallOptions) {
      return super.stat(change(path), options);
    }
    override delete(path: string, options?: DeleteOptions) {
      return super.delete(change(path), options);
    }
  }
  return () => new Renaming();
}

/** A store whose writes take other options than the caller's. */
export function writingWith(change: (options: WriteOptions) => WriteOptions): () => MemoryStore {
  class Writing extends MemoryStore {
    override write(path: string, body: StoreBody, options: WriteOptions = {}) {
      return super.write(path, body, change(options));
    }
  }
  return () => new Writing();
}

/** A store whose listings are other ones. */
export function listing(
  change: (store: MemoryStore, prefix: string, options: ListOptions) => Promise<ObjectInfo[]>,
): () => MemoryStore {
  class Listing extends MemoryStore {
    #changing = false;

    override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
      if (this.#changing) {
        yield* super.list(prefix, options);
        return;
      }
      this.#changing = true;
      try {
        yield* await change(this, prefix, options);
      } finally {
        this.#changing = false;
      }
    }
  }
  return () => new Listing();
}

export function declaring(change: Partial<Capability>, freeze = true): () => MemoryStore {
  class Declaring extends MemoryStore {
    override readonly capability: Readonly<Capability> = freeze
      ? Object.freeze({ ...new MemoryStore().capability, ...change })
      : { ...new MemoryStore().capability, ...change };
  }
  return () => new Declaring();
}

export class PartialWrites extends MemoryStore {
  override async write(path: string, body: StoreBody, options?: WriteOptions) {
    if (typeof body === "string" || body instanceof Uint8Array) return super.write(path, body, options);
    let written = Buffer.of();
    for await (const chunk of body) {
      written = Buffer.concat([written, chunk]);
      await super.write(path, written, { signal: options?.signal });
    }
    return super.write(path, written, options);
  }
}

export class EarlyIfAbsent extends MemoryStore {
  constructor(private readonly isEarlyAt: (path: string) => boolean = () => true) {
    super();
  }

  override async write(path: string, body: StoreBody, options: WriteOptions = {}) {
    if (!this.isEarlyAt(path)) return super.write(path, body, options);
    const { ifNoneMatch, ...rest } = options;
    if (ifNoneMatch !== undefined && (await this.stat(path)) !== undefined) {
      throw new StorageError("ALREADY_EXISTS", "There.", { operation: "write", store: this.name, path });
    }
    return super.write(path, body, rest);
  }
}

export class EarlyIfMatch extends MemoryStore {
  constructor(private readonly isEarlyAt: (path: string) => boolean = () => true) {
    super();
  }

  override async write(path: string, body: StoreBody, options: WriteOptions = {}) {
    if (!this.isEarlyAt(path)) return super.write(path, body, options);
    const { ifMatch, ...rest } = options;
    if (ifMatch !== undefined && (await this.stat(path))?.etag !== ifMatch) {
      throw new StorageError("PRECONDITION_FAILED", "Other.", { operation: "write", store: this.name, path });
    }
    return super.write(path, body, rest);
  }
}

export class KeptAttributes extends MemoryStore {
  override async write(path: string, body: StoreBody, options: WriteOptions = {}) {
    const old = typeof path === "string" ? await this.stat(path).catch(() => undefined) : undefined;
    const metadata = { ...old?.metadata, ...options.metadata };
    return super.write(path, body, { ...options, ...(Object.keys(metadata).length > 0 && { metadata }) });
  }
}

/** Deletes under a condition: looks first, and deletes later at some objects. */
export class EarlyDelete extends MemoryStore {
  constructor(private readonly isEarlyAt: (path: string) => boolean) {
    super();
  }

  override async delete(path: string, options: DeleteOptions = {}) {
    if (!this.isEarlyAt(path)) return super.delete(path, options);
    const { ifMatch, ...rest } = options;
    if (ifMatch !== undefined && (await this.stat(path))?.etag !== ifMatch) {
      throw new StorageError("PRECONDITION_FAILED", "Other.", { operation: "delete", store: this.name, path });
    }
    return super.delete(path, rest);
  }
}

export class UnconditionalDeletes extends MemoryStore {
  override delete(path: string, options: DeleteOptions = {}) {
    return super.delete(path, { signal: options.signal });
  }
}

export class RangeAsWhole extends MemoryStore {
  override async read(path: string, options: ReadOptions = {}) {
    const result = await super.read(path, options);
    const bytes = await (await super.read(path, options)).bytes();
    return { ...result, info: { ...result.info, size: bytes.byteLength }, [Symbol.asyncIterator]: iterate(result) };
  }
}

function iterate(result: ReadResult): () => AsyncIterator<Uint8Array> {
  return () => result[Symbol.asyncIterator]();
}

export class StrictRanges extends MemoryStore {
  override async read(path: string, options: ReadOptions = {}) {
    const result = await super.read(path, options);
    if ((options.offset ?? 0) < result.info.size || options.offset === undefined) return result;
    throw new StorageError("UNEXPECTED", "416", { operation: "read", store: this.name, path });
  }
}

export class LastByteInclusive extends MemoryStore {
  override read(path: string, options: ReadOptions = {}) {
    const { length } = options;
    return super.read(path, length === undefined ? options : { ...options, length: length + 1 });
  }
}

export class RereadableResults extends MemoryStore {
  override async read(path: string, options?: ReadOptions) {
    const first = await super.read(path, options);
    const read = super.read.bind(this);
    return {
      info: first.info,
      bytes: async () => (await read(path, options)).bytes(),
      cancel: () => Promise.resolve(),
      async *[Symbol.asyncIterator]() {
        yield* await read(path, options);
      },
    };
  }
}

export class SharedBuffers extends MemoryStore {
  readonly #mine = new Map<string, Uint8Array>();

  override async write(path: string, body: StoreBody, options?: WriteOptions) {
    const info = await super.write(path, body, options);
    if (body instanceof Uint8Array) this.#mine.set(path, body);
    else this.#mine.delete(path);
    return info;
  }
  override async read(path: string, options: ReadOptions = {}) {
    const bytes = this.#mine.get(path);
    if (bytes === undefined || options.offset !== undefined || options.length !== undefined) {
      return super.read(path, options);
    }
    const result = await super.read(path, options);
    return { ...result, bytes: () => Promise.resolve(bytes), [Symbol.asyncIterator]: iterate(result) };
  }
}

export class OneEtag extends MemoryStore {
  override async stat(path: string, options?: CallOptions) {
    const info = await super.stat(path, options);
    return info && { ...info, etag: '"1"' };
  }
}

export class LoudStat extends MemoryStore {
  override async stat(path: string, options?: CallOptions) {
    const info = await super.stat(path, options);
    if (info !== undefined) return info;
    throw new StorageError("NOT_FOUND", "None.", { operation: "stat", store: this.name, path });
  }
}

export class LoudDelete extends MemoryStore {
  override async delete(path: string, options?: DeleteOptions) {
    if (typeof path === "string" && (await this.stat(path).catch(() => null)) === undefined) {
      throw new StorageError("NOT_FOUND", "None.", { operation: "delete", store: this.name, path });
    }
    return super.delete(path, options);
  }
}

export class TreeDelete extends MemoryStore {
  override async delete(path: string, options?: DeleteOptions) {
    await super.delete(path, options);
    for (const info of await all(this.list(`${path}/`))) await super.delete(info.path);
  }
}

export class PlainErrors extends MemoryStore {
  override async read(path: string, options?: ReadOptions) {
    try {
      return await super.read(path, options);
    } catch {
      throw new Error("ENOENT: no such file");
    }
  }
}

export class RetryableMisses extends MemoryStore {
  override async read(path: string, options?: ReadOptions) {
    try {
      return await super.read(path, options);
    } catch (error) {
      const { code, message, operation, store } = error as StorageError;
      throw new StorageError(code, message, { operation, store, path, retryable: true });
    }
  }
}

export class AnonymousErrors extends MemoryStore {
  override async read(path: string, options?: ReadOptions) {
    try {
      return await super.read(path, options);
    } catch (error) {
      throw new StorageError((error as StorageError).code, "No.");
    }
  }
}

export class EarlyErrors extends MemoryStore {
  override stat(path: string, options?: CallOptions) {
    if (path === "") throw new StorageError("INVALID_PATH", "Empty.", { operation: "stat", store: this.name });
    return super.stat(path, options);
  }
}

export class EagerBodies extends MemoryStore {
  override async write(path: string, body: StoreBody, options?: WriteOptions) {
    return super.write(path, await wholeBody(body).catch(() => body), options);
  }
}

export class ForgottenReason extends MemoryStore {
  override async write(path: string, body: StoreBody, options?: WriteOptions) {
    try {
      return await super.write(path, body, options);
    } catch (error) {
      if ((error as StorageError).code !== "ABORTED") throw error;
      throw new StorageError("ABORTED", "Aborted.", { operation: "write", store: this.name, path });
    }
  }
}

export class DeafReads extends MemoryStore {
  override read(path: string, options: ReadOptions = {}) {
    if (options.signal?.aborted) return super.read(path, options);
    return super.read(path, { ...options, signal: undefined });
  }
}

export class BareCopies extends MemoryStore {
  override async copy(from: string, to: string, options?: CallOptions) {
    await super.copy(from, to, options);
    return super.write(to, await (await super.read(from)).bytes());
  }
}

export class FragileClose extends MemoryStore {
  #closed = false;

  override close(): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("closed twice"));
    this.#closed = true;
    return Promise.resolve();
  }
}

export class QuietRefusals extends MemoryStore {
  override readonly capability: Readonly<Capability> = Object.freeze({
    ...new MemoryStore().capability,
    contentType: false,
  });

  override write(path: string, body: StoreBody, options: WriteOptions = {}) {
    return super.write(path, body, { ...options, contentType: undefined });
  }
}

export class LateRefusals extends MemoryStore {
  override readonly capability: Readonly<Capability> = Object.freeze({
    ...new MemoryStore().capability,
    ifMatch: false,
  });

  override async write(path: string, body: StoreBody, options: WriteOptions = {}) {
    const { ifMatch, ...rest } = options;
    const info = await super.write(path, body, rest);
    if (ifMatch !== undefined) {
      throw new StorageError("UNSUPPORTED", "No.", { operation: "write", store: this.name, path });
    }
    return info;
  }
}

export class LateDeletions extends MemoryStore {
  override readonly capability: Readonly<Capability> = Object.freeze({
    ...new MemoryStore().capability,
    deleteIfMatch: false,
  });

  override async delete(path: string, options: DeleteOptions = {}) {
    const { ifMatch, ...rest } = options;
    await super.delete(path, rest);
    if (ifMatch !== undefined) {
      throw new StorageError("UNSUPPORTED", "No.", { operation: "delete", store: this.name, path });
    }
  }
}
