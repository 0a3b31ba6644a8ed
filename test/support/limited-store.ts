import type { Capability, CapabilityFlag } from "../../src/store/capability.js";
import { checkCopy, checkDelete, checkList, checkRead, checkStat, checkWrite } from "../../src/store/check.js";
import { CallLayer } from "../../src/store/layers/call-layer.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
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
} from "../../src/store/store.js";

/** A store that lacks some capabilities, and refuses what needs them: what is missing is really missing. */
export function limited(missing: readonly CapabilityFlag[], store: Store = new MemoryStore()): Store {
  return new LimitedStore(store, missing);
}

class LimitedStore extends CallLayer {
  readonly #capability: Readonly<Capability>;

  constructor(inner: Store, missing: readonly CapabilityFlag[]) {
    super(inner);
    const lacking = Object.fromEntries(missing.map((flag) => [flag, false]));
    this.#capability = Object.freeze({ ...inner.capability, ...lacking });
  }

  override get capability(): Readonly<Capability> {
    return this.#capability;
  }

  override async write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    checkWrite(this, path, body, options);
    return this.inner.write(path, body, options);
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    checkRead(this, path, options);
    return this.inner.read(path, options);
  }

  override async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkStat(this, path, options);
    return this.inner.stat(path, options);
  }

  override async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    checkDelete(this, path, options);
    return this.inner.delete(path, options);
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    checkList(this, prefix, options);
    yield* this.inner.list(prefix, options);
  }

  override async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    checkCopy(this, from, to, options);
    return this.inner.copy(from, to, options);
  }
}
