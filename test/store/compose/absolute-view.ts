import { isStorageError } from "../../../src/errors/error.js";
import { requireCapability, type Capability } from "../../../src/store/capability.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../../src/store/store.js";

/**
 * Shows one container of a routing store as a store of plain paths: what it is given becomes absolute, what it gives,
 * results and errors, must be absolute and becomes plain.
 */
export class AbsoluteView implements Store {
  readonly name = "view";

  /** @param root `scheme://container/` */
  constructor(
    private readonly routing: Store,
    readonly capability: Readonly<Capability>,
    private readonly root: string,
  ) {}

  write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return this.plain(this.routing.write(this.absolute(path), body, options));
  }

  async read(path: string, options?: ReadOptions): Promise<ReadResult> {
    const result = await this.plain(this.routing.read(this.absolute(path), options));
    const plain = <T>(call: Promise<T>): Promise<T> => this.plain(call);
    return {
      info: this.plainInfo(result.info),
      bytes: () => plain(result.bytes()),
      cancel: () => plain(result.cancel()),
      [Symbol.asyncIterator]() {
        const iterator = result[Symbol.asyncIterator]();
        return { next: () => plain(iterator.next()), return: () => plain(iterator.return!()) };
      },
    };
  }

  stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    return this.plain(this.routing.stat(this.absolute(path), options));
  }

  delete(path: string, options?: DeleteOptions): Promise<void> {
    return this.plain(this.routing.delete(this.absolute(path), options));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    // What is no options goes on as it is: to refuse it is up to the store.
    const startAfter = (options as ListOptions | null)?.startAfter;
    const absolute = startAfter === undefined ? options : { ...options, startAfter: this.absolute(startAfter) };
    for await (const info of this.routing.list(this.absolute(prefix), absolute)) {
      yield this.plainInfo(info);
    }
  }

  copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.plain(this.routing.copy(this.absolute(from), this.absolute(to), options));
  }

  async presign(path: string, options: PresignOptions): Promise<string> {
    // Before it has opened a store, a routing store can tell a bad path, but not what the store is capable of.
    requireCapability(this, "presign", "presign", path);
    return this.plain(this.routing.presign(this.absolute(path), options));
  }

  close(): Promise<void> {
    return this.routing.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Not all that is escaped needs to be, and what is no path should reach the store as it is.
  private absolute(path: string): string {
    return typeof path === "string" ? this.root + path.replaceAll("%", "%25") : path;
  }

  private async plain<T>(call: Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await call;
    } catch (error) {
      if (isStorageError(error) && error.path !== undefined) {
        Object.defineProperty(error, "path", { value: this.plainPath(error.path) });
      }
      throw error;
    }
    return isInfo(value) ? this.plainInfo(value) : value;
  }

  private plainInfo<Info extends ObjectInfo>(info: Info): Info {
    return { ...info, path: this.plainPath(info.path) };
  }

  private plainPath(path: string): string {
    if (!path.startsWith(this.root)) throw new Error(`The path ${path} is not that of the caller.`);
    return decodeURIComponent(path.slice(this.root.length));
  }
}

function isInfo<T>(value: T): value is T & ObjectInfo {
  return typeof value === "object" && value !== null && "path" in value && "size" in value;
}
