import { declareOwnStore } from "../../guard/own-stores.js";
import { endingSource } from "../../body-source.js";
import { assertPath, invalidPath } from "../../../paths/path.js";
import { StorageError } from "../../../errors/error.js";
import { throwIfAborted } from "../../../async/abort.js";
import { assertOptions } from "../../call-options.js";
import type { Capability } from "../../capability.js";
import { checkDelete, checkRead, checkWrite, isRouted, type CallDetails } from "../../check.js";
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
import { CallLayer } from "../call-layer.js";
import { copyByWriting } from "../../copy-by-writing.js";
import { ObjectsWithSidecars } from "./objects-with-sidecars.js";
import type { FeatureSettings, Feature } from "./options.js";
import { isReserved } from "./sidecar.js";
import { asOwn, type SidecarCall } from "./sidecars.js";
import { demands, honoured, settleOptions } from "./unhonoured.js";
import type { FeatureStore } from "./feature-store.js";

/**
 * Checks the options of each call against the capability, and hands the call on. The store takes it, or the code that
 * emulates what the store lacks.
 */
export class FeatureLayer extends CallLayer implements FeatureStore {
  readonly #settings: FeatureSettings;
  readonly #capability: Readonly<Capability>;
  /** Absent if the store alone is enough. */
  readonly #objects: ObjectsWithSidecars | undefined;

  constructor(inner: Store, settings: FeatureSettings) {
    super(inner);
    const { simulate } = settings;
    this.#settings = settings;
    this.#capability = effectiveCapability(inner.capability, simulate);
    const sidecars = canKeepSidecars(inner.capability) && (simulate.has("metadata") || simulate.has("links"));
    const ifAbsent = this.#capability.ifNoneMatch && !inner.capability.ifNoneMatch;
    if (sidecars || ifAbsent) {
      this.#objects = new ObjectsWithSidecars(this.inner, { sidecars, ifAbsent, links: simulate.has("links") });
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

  override write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, (source) => this.#checkedWrite(path, source, options));
  }

  async #checkedWrite(path: string, body: StoreBody, options: WriteOptions): Promise<ObjectInfo> {
    const call = await this.#admitted("write", path, options, (given) => checkWrite(this, path, body, given));
    return this.#write(path, body, call.options, call);
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const call = await this.#admitted("read", path, options, (given) => checkRead(this, path, given));
    return this.#read(path, call.options, call);
  }

  protected override async statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    this.#assertNotReserved(path, details);
    if (this.#objects === undefined) return this.below.statChecked(path, options, details);
    return this.#objects.stat(path, { details, signal: options.signal });
  }

  override async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const call = await this.#admitted("delete", path, options, (given) => checkDelete(this, path, given));
    if (this.#objects === undefined) return this.below.deleteChecked(path, call.options, call.details);
    return this.#objects.delete(path, options, call);
  }

  protected override listChecked(
    prefix: string,
    options: ListOptions,
    details: CallDetails,
  ): AsyncIterable<ObjectInfo> {
    if (this.#objects === undefined) return this.below.listChecked(prefix, options, details);
    return this.#objects.list(prefix, options);
  }

  protected override async copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const call = { details, signal: options.signal };
    this.#assertNotReserved(from, details);
    this.#assertNotReserved(to, details);
    const same = await this.#objects?.sameObject(from, to, call);
    if (same !== undefined) return same;
    if (this.#settings.simulate.has("copy") && !this.inner.capability.copy) {
      const write = (body: StoreBody, written: WriteOptions): Promise<ObjectInfo> =>
        this.#write(to, body, honoured(this.#capability, "write", written, new Set(["write"])).options, call);
      return copyByWriting(() => this.#read(from, { signal: options.signal }, call), write, call);
    }
    if (this.#objects === undefined) return this.below.copyChecked(from, to, options, details);
    return this.#objects.copy(from, to, call);
  }

  protected override async presignChecked(
    path: string,
    options: PresignOptions,
    details: CallDetails,
  ): Promise<string> {
    this.#assertNotReserved(path, details);
    if (this.#objects === undefined || options.method === "PUT") return this.below.presignChecked(path, options);
    return this.below.presignChecked(await this.#objects.resolve(path, { details, signal: undefined }), options);
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
    assertOptions("call", options, details);
    throwIfAborted(options.signal, details);
    if (target === path) throw new StorageError("CYCLIC_REFERENCE", "A link can't lead to itself.", details);
    await this.#objects.link(target, path, { details, signal: options.signal });
  }

  /**
   * Checks a call, and returns it with the options that can be honoured. For an absolute path, the capability of the
   * store that it leads to counts, not that of the primary.
   */
  async #admitted<Options extends CallOptions>(
    operation: "write" | "read" | "delete",
    path: string,
    options: Options,
    check: (options: Options) => CallDetails,
  ): Promise<SidecarCall & { readonly options: Options }> {
    assertOptions(operation, options, { operation, store: this.name, path });
    let capability = this.#capability;
    if (isRouted(this, path) && demands(operation, options).length > 0) {
      const details = check(options); // before a store is opened
      try {
        capability = await this.capabilityOf(path, { signal: options.signal });
      } catch (error) {
        throw asOwn(error, path, { details, signal: options.signal });
      }
    }
    const gated = honoured(capability, operation, options, this.#settings.loose);
    const details = check(gated.options);
    this.#assertNotReserved(path, details);
    settleOptions(gated, details, this.#settings.observer);
    return { details, signal: options.signal, options: gated.options };
  }

  #write(path: string, body: StoreBody, options: WriteOptions, call: SidecarCall): Promise<ObjectInfo> {
    return this.#objects === undefined
      ? this.below.writeChecked(path, body, options, call.details)
      : this.#objects.write(path, body, options, call);
  }

  #read(path: string, options: ReadOptions, call: SidecarCall): Promise<ReadResult> {
    return this.#objects === undefined
      ? this.below.readChecked(path, options, call.details)
      : this.#objects.read(path, options, call);
  }

  #assertNotReserved(path: string, { operation, store }: CallDetails): void {
    if (this.#objects?.settings.sidecars === true && isReserved(path)) {
      throw invalidPath("object path", "what is simulated lies there", operation, store);
    }
  }

  static {
    declareOwnStore(this);
  }
}

/**
 * Returns the capability of the store together with the emulated features. A feature is only emulated if the store
 * has what it needs.
 */
function effectiveCapability(native: Readonly<Capability>, simulate: ReadonlySet<Feature>): Readonly<Capability> {
  const metadata = simulate.has("metadata") && canKeepSidecars(native);
  return Object.freeze({
    ...native,
    metadata: native.metadata || metadata,
    contentType: native.contentType || metadata,
    copy: native.copy || (simulate.has("copy") && native.read && native.write),
    ifNoneMatch: native.ifNoneMatch || (simulate.has("if-absent") && native.stat && native.write),
  });
}

/** Whether a store can keep sidecars beside its objects: it can write them, find them again, and remove them. */
function canKeepSidecars({ read, write, stat, delete: remove }: Readonly<Capability>): boolean {
  return read && write && stat && remove;
}
