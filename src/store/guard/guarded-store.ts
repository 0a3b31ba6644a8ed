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

// One for each store, so that who compares stores, or keeps something for each, sees one store and not several.
const guards = new WeakMap<Store, Store>();

/**
 * A store of the user's own as the contract of a store has it, for a composition that works with it: whatever it throws is
 * a `StorageError`, and so is an answer that is none. A store of ours is handed back as it is.
 */
export function guardedStore(store: Store): Store {
  if (store instanceof GuardedStore || isOwnStore(store)) return store;
  let guard = guards.get(store);
  if (guard === undefined) guards.set(store, (guard = new GuardedStore(store)));
  return guard;
}

class GuardedStore implements Store {
  // What a store need not have, a guarded one has only where that does.
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
    // Options are the store's to check, and may be anything until then.
    return new GuardedCall({ operation, store: this.name, path }, (options as CallOptions | null | undefined)?.signal);
  }
}
