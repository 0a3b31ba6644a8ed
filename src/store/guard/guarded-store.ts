import type { Capability } from "../capability.js";
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
} from "../store.js";
import { isOwnStore } from "./own-stores.js";
import { guardedListing, guardedResult } from "./answers.js";
import { GuardedCall } from "./call.js";
import { guardedInfo } from "./info.js";
import { isTouchable } from "../layers/tiered/touchable-store.js";

// One guard for each store, so that code which compares stores, or keeps something for each, sees one store and not
// several.
const guards = new WeakMap<Store, Store>();

/**
 * Wraps a user's own store so that it keeps the contract of a store, for a composition that uses it. Whatever it
 * throws becomes a `StorageError`, and so does an answer that breaks the contract. A store of this library is
 * returned as it is.
 */
export function guardedStore(store: Store): Store {
  if (store instanceof GuardedStore || isOwnStore(store)) return store;
  let guard = guards.get(store);
  if (guard === undefined) guards.set(store, (guard = new GuardedStore(store)));
  return guard;
}

class GuardedStore implements Store {
  // The optional members of a store. A guarded store has them only if the store below has them.
  readonly routes?: (scheme: string) => boolean;
  readonly capabilityOf?: (path: string, options?: CallOptions) => Promise<Readonly<Capability>>;
  readonly touch?: (path: string, options?: CallOptions) => Promise<boolean>;

  constructor(private readonly inner: Store) {
    if (typeof inner.routes === "function") this.routes = (scheme) => this.#routes(scheme);
    if (typeof inner.capabilityOf === "function") {
      this.capabilityOf = (path, options) => this.#capabilityOf(path, options);
    }
    if (isTouchable(inner)) {
      this.touch = (path, options) => this.#call("touch", path, options).run(() => inner.touch(path, options));
    }
  }

  get name(): string {
    return this.inner.name;
  }

  get capability(): Readonly<Capability> {
    return this.inner.capability;
  }

  get schemes(): readonly string[] | undefined {
    return this.inner.schemes;
  }

  async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    const call = this.#call("write", path, options);
    return guardedInfo(await call.run(() => this.inner.write(path, body, options)), call, path);
  }

  async read(path: string, options?: ReadOptions): Promise<ReadResult> {
    const call = this.#call("read", path, options);
    return guardedResult(await call.run(() => this.inner.read(path, options)), call, path);
  }

  async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    const call = this.#call("stat", path, options);
    const info = await call.run(() => this.inner.stat(path, options));
    return info === undefined ? undefined : guardedInfo(info, call, path);
  }

  async delete(path: string, options?: DeleteOptions): Promise<void> {
    await this.#call("delete", path, options).run(() => this.inner.delete(path, options));
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo> {
    return guardedListing(this.inner, prefix, options, this.#call("list", prefix, options));
  }

  async copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo> {
    const call = this.#call("copy", from, options);
    return guardedInfo(await call.run(() => this.inner.copy(from, to, options)), call, to);
  }

  async presign(path: string, options: PresignOptions): Promise<string> {
    const call = this.#call("presign", path);
    const url: unknown = await call.run(() => this.inner.presign(path, options));
    if (typeof url !== "string") throw call.badAnswer("a URL, as a string");
    return url;
  }

  async close(): Promise<void> {
    await this.#call("close").run(() => this.inner.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #routes(scheme: string): boolean {
    try {
      return this.inner.routes?.(scheme) === true;
    } catch (error) {
      throw this.#call("routes").failure(error);
    }
  }

  async #capabilityOf(path: string, options?: CallOptions): Promise<Readonly<Capability>> {
    const call = this.#call("capabilityOf", path, options);
    const capability: unknown = await call.run(() => this.inner.capabilityOf?.(path, options));
    if (typeof capability !== "object" || capability === null) throw call.badAnswer("a Capability");
    return capability as Readonly<Capability>;
  }

  #call(operation: string, path?: string, options?: CallOptions): GuardedCall {
    // The store checks its options. Until then they may be anything.
    return new GuardedCall({ operation, store: this.name, path }, (options as CallOptions | null | undefined)?.signal);
  }
}
