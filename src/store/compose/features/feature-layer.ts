import { assertPath, invalidPath } from "../../../path.js";
import { StorageError } from "../../../error.js";
import { throwIfAborted } from "../../abort.js";
import type { Capability } from "../../capability.js";
import {
  checkCopy,
  checkDelete,
  checkList,
  checkPresign,
  checkRead,
  checkStat,
  checkWrite,
  type CallDetails,
} from "../../check.js";
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
} from "../../store.js";
import { StoreLayer } from "../store-layer.js";
import { copyByWriting } from "./copy-by-writing.js";
import { canKeepSidecars, effectiveCapability } from "./effective-capability.js";
import { ObjectsWithSidecars } from "./objects-with-sidecars.js";
import type { FeatureSettings } from "./options.js";
import { isReserved } from "./sidecar.js";
import type { SidecarCall } from "./sidecars.js";
import { honoured, settleOptions } from "./unhonoured.js";
import type { FeatureStore } from "./with-features.js";

/** Gates the options of each call, and hands it on: to the store, or to what emulates what that one lacks. */
export class FeatureLayer extends StoreLayer implements FeatureStore {
  readonly #settings: FeatureSettings;
  readonly #capability: Readonly<Capability>;
  /** Absent where the store is all that is needed. */
  readonly #objects: ObjectsWithSidecars | undefined;

  constructor(inner: Store, settings: FeatureSettings) {
    super(inner);
    const { simulate } = settings;
    this.#settings = settings;
    this.#capability = effectiveCapability(inner.capability, simulate);
    const sidecars = canKeepSidecars(inner.capability) && (simulate.has("metadata") || simulate.has("links"));
    const ifAbsent = this.#capability.ifNoneMatch && !inner.capability.ifNoneMatch;
    if (sidecars || ifAbsent) {
      this.#objects = new ObjectsWithSidecars(inner, { sidecars, ifAbsent, links: simulate.has("links") });
    }
  }

  override get capability(): Readonly<Capability> {
    return this.#capability;
  }

  override get schemes(): readonly string[] | undefined {
    return this.#settings.simulate.size === 0 ? super.schemes : undefined;
  }

  override routes(scheme: string): boolean {
    return this.#settings.simulate.size === 0 && super.routes(scheme);
  }

  override async capabilityOf(path: string, options: CallOptions = {}): Promise<Readonly<Capability>> {
    return this.#settings.simulate.size === 0 ? super.capabilityOf(path, options) : this.#capability;
  }

  override async write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    const gated = honoured(this, "write", options, this.#settings.loose);
    const details = checkWrite(this, path, body, gated.options);
    this.#assertNotReserved(path, details);
    settleOptions(gated, details, this.#settings.observer);
    return this.#write(path, body, gated.options, { details, signal: options.signal });
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const gated = honoured(this, "read", options, this.#settings.loose);
    const details = checkRead(this, path, gated.options);
    this.#assertNotReserved(path, details);
    settleOptions(gated, details, this.#settings.observer);
    return this.#read(path, gated.options, { details, signal: options.signal });
  }

  override async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const details = checkStat(this, path, options);
    this.#assertNotReserved(path, details);
    if (this.#objects === undefined) return this.inner.stat(path, options);
    return this.#objects.stat(path, { details, signal: options.signal });
  }

  override async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const gated = honoured(this, "delete", options, this.#settings.loose);
    const details = checkDelete(this, path, gated.options);
    this.#assertNotReserved(path, details);
    settleOptions(gated, details, this.#settings.observer);
    if (this.#objects === undefined) return this.inner.delete(path, options);
    return this.#objects.delete(path, options, { details, signal: options.signal });
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    checkList(this, prefix, options);
    yield* this.#objects === undefined ? this.inner.list(prefix, options) : this.#objects.list(prefix, options);
  }

  override async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const details = checkCopy(this, from, to, options);
    const call = { details, signal: options.signal };
    this.#assertNotReserved(from, details);
    this.#assertNotReserved(to, details);
    const same = await this.#objects?.sameObject(from, to, call);
    if (same !== undefined) return same;
    if (!this.inner.capability.copy) {
      const write = (body: StoreBody, written: WriteOptions): Promise<ObjectInfo> =>
        this.#write(to, body, honoured(this, "write", written, new Set(["write"])).options, call);
      return copyByWriting(() => this.#read(from, { signal: options.signal }, call), write, call);
    }
    return this.#objects === undefined ? this.inner.copy(from, to, options) : this.#objects.copy(from, to, call);
  }

  override async presign(path: string, options: PresignOptions): Promise<string> {
    const details = checkPresign(this, path, options, Infinity); // how long a URL lives at most, the store below knows
    this.#assertNotReserved(path, details);
    if (this.#objects === undefined || options.method === "PUT") return this.inner.presign(path, options);
    return this.inner.presign(await this.#objects.resolve(path, { details, signal: undefined }), options);
  }

  async link(target: string, path: string, options: CallOptions = {}): Promise<void> {
    const details = { operation: "link", store: this.name, path };
    if (!this.#settings.simulate.has("links") || this.#objects?.settings.sidecars !== true) {
      throw new StorageError("UNSUPPORTED", `The ${this.name} store does not support links.`, details);
    }
    for (const given of [target, path]) {
      assertPath(given, "link", this.name);
      this.#assertNotReserved(given, details);
    }
    throwIfAborted(options.signal, details);
    if (target === path) throw new StorageError("CYCLIC_REFERENCE", "A link can't lead to itself.", details);
    await this.#objects.link(target, path, { details, signal: options.signal });
  }

  #write(path: string, body: StoreBody, options: WriteOptions, call: SidecarCall): Promise<ObjectInfo> {
    return this.#objects === undefined
      ? this.inner.write(path, body, options)
      : this.#objects.write(path, body, options, call);
  }

  #read(path: string, options: ReadOptions, call: SidecarCall): Promise<ReadResult> {
    return this.#objects === undefined ? this.inner.read(path, options) : this.#objects.read(path, options, call);
  }

  #assertNotReserved(path: string, { operation, store }: CallDetails): void {
    if (this.#objects?.settings.sidecars === true && isReserved(path)) {
      throw invalidPath("object path", "what is simulated lies there", operation, store);
    }
  }
}
