import { StorageError, isStorageError } from "../../../src/errors/error.js";
import { formatLocation, schemeOf, splitLocation } from "../../../src/paths/location.js";
import { CallLayer } from "../../../src/store/layers/call-layer.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type {
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../../../src/store/store.js";

/** The least store that routes: `mem://bucket/path` goes to another memory than plain paths do. */
export class LoopbackRouter extends CallLayer {
  readonly target = new MemoryStore();

  constructor(private readonly primary = new MemoryStore()) {
    super(primary);
  }

  override routes(scheme: string): boolean {
    return scheme === "mem";
  }

  override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return this.on(path, async (store, own) => absolute(await store.write(own, body, options), path));
  }

  override read(path: string, options?: ReadOptions): Promise<ReadResult> {
    return this.on(path, async (store, own) => {
      const result = await store.read(own, options);
      return { ...result, info: absolute(result.info, path) };
    });
  }

  override stat(path: string, options?: ReadOptions): Promise<ObjectInfo | undefined> {
    return this.on(path, async (store, own) => {
      const info = await store.stat(own, options);
      return info && absolute(info, path);
    });
  }

  override delete(path: string, options?: WriteOptions): Promise<void> {
    return this.on(path, (store, own) => store.delete(own, options));
  }

  override copy(from: string, to: string, options?: WriteOptions): Promise<ObjectInfo> {
    return this.on(from, async (store, own) => absolute(await store.copy(own, locate(to).path, options), to));
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const { startAfter, ...others } = options;
    const after = startAfter === undefined ? {} : { startAfter: locate(startAfter).path };
    const store = schemeOf(prefix) === undefined ? this.inner : this.target;
    for await (const info of store.list(locate(prefix).path, { ...others, ...after })) {
      const { target } = locate(prefix);
      yield { ...info, path: formatLocation({ ...(target && { target }), path: info.path }) };
    }
  }

  private async on<T>(path: string, call: (store: MemoryStore, own: string) => Promise<T>): Promise<T> {
    const store = schemeOf(path) === undefined ? this.primary : this.target;
    try {
      return await call(store, locate(path).path);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      const { code, message, operation, cause, retryable } = error;
      throw new StorageError(code, message, { operation, cause, retryable, store: this.name, path });
    }
  }
}

function absolute(info: ObjectInfo, path: string): ObjectInfo {
  return { ...info, path };
}

function locate(text: string): ReturnType<typeof splitLocation> {
  return splitLocation(
    text,
    () => undefined,
    (problem) => new Error(problem),
  );
}
