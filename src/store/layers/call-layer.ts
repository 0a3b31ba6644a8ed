import type { Capability } from "../capability.js";
import type { CallDetails } from "../check.js";
import { CheckedStore, StoreBelow } from "../checked-store.js";
import { guardedStore } from "../guard/guarded-store.js";
import { declarePlace } from "../place.js";
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
import { relayed } from "../../async/relayed.js";

/** Asks the store below, with options that a layer may have changed. */
export type Ask<Options, T> = (options: Options) => Promise<T>;

/**
 * A store that hands every call on to another one, and runs code around the call: see {@link CallLayer.around}.
 * Methods that a layer does not override behave like those of the store below, and so do name and capability.
 * `close()` closes the store below. If a user's own store breaks the contract by what it throws or answers, this
 * store rejects with a `StorageError`, `UNEXPECTED`.
 */
// `schemes` may be undefined. Required would forbid that to users who do not have exactOptionalPropertyTypes.
export abstract class CallLayer extends CheckedStore implements Omit<Required<Store>, "schemes">, Store {
  protected readonly inner: Store;
  protected readonly below: StoreBelow;

  protected constructor(inner: Store) {
    super();
    this.inner = guardedStore(inner);
    declarePlace(this, this.inner);
    this.below = new StoreBelow(this.inner);
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

  async close(): Promise<void> {
    return this.inner.close();
  }

  /**
   * Runs code around one request of the store below. A step of a listing is one request. Default: nothing but the
   * request.
   */
  protected around<T, O extends CallOptions>(details: CallDetails, options: O, ask: Ask<O, T>): Promise<T> {
    return ask(options);
  }

  protected writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    return this.around(details, options, (given) => this.below.writeChecked(path, source, given, details));
  }

  protected readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    return this.around(details, options, (given) => this.below.readChecked(path, given, details));
  }

  protected statChecked(path: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo | undefined> {
    return this.around(details, options, (given) => this.below.statChecked(path, given, details));
  }

  protected deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    return this.around(details, options, (given) => this.below.deleteChecked(path, given, details));
  }

  protected listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    const listing = this.below.listChecked(prefix, options, details);
    return relayed(listing, (next) => this.around(details, options, next));
  }

  protected copyChecked(from: string, to: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo> {
    return this.around(details, options, (given) => this.below.copyChecked(from, to, given, details));
  }

  protected presignChecked(path: string, options: PresignOptions, details: CallDetails): Promise<string> {
    return this.around(details, {}, () => this.below.presignChecked(path, options));
  }
}
