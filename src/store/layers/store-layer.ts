import { endingSource } from "../body-source.js";
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
import { guardedStore } from "../guard/guarded-store.js";

/**
 * A store that hands every call on to another one, unchanged: what a layer does not override stays as it was, name and
 * capability too. `close()` closes the store below. What a store of the user's own throws or answers against the contract
 * is a `StorageError` here, `UNEXPECTED`.
 */
// `schemes` may well be undefined, which Required would forbid users who do not have exactOptionalPropertyTypes.
export abstract class StoreLayer implements Omit<Required<Store>, "schemes">, Store {
  protected readonly inner: Store;

  protected constructor(inner: Store) {
    this.inner = guardedStore(inner);
  }

  get name(): string {
    return this.inner.name;
  }

  get capability(): Readonly<Capability> {
    return this.inner.capability;
  }

  routes(scheme: string): boolean {
    return this.inner.routes?.(scheme) ?? false;
  }

  get schemes(): readonly string[] | undefined {
    return this.inner.schemes;
  }

  async capabilityOf(path: string, options?: CallOptions): Promise<Readonly<Capability>> {
    return (await this.inner.capabilityOf?.(path, options)) ?? this.capability;
  }

  write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return endingSource(body, async (source) => this.inner.write(path, source, options));
  }

  async read(path: string, options?: ReadOptions): Promise<ReadResult> {
    return this.inner.read(path, options);
  }

  async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    return this.inner.stat(path, options);
  }

  async delete(path: string, options?: DeleteOptions): Promise<void> {
    return this.inner.delete(path, options);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo> {
    return this.inner.list(prefix, options);
  }

  async copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.inner.copy(from, to, options);
  }

  async presign(path: string, options: PresignOptions): Promise<string> {
    return this.inner.presign(path, options);
  }

  async close(): Promise<void> {
    return this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
