import type { Capability } from "../capability.js";
import type { CallDetails } from "../check.js";
import { CheckedStore, StoreBelow } from "../checked-store.js";
import { guardedStore } from "../guard/guarded-store.js";
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
 * A store that hands every call on to another one, and stands around it: see {@link CallLayer.around}. What a layer does
 * not override stays as it was, name and capability too. `close()` closes the store below. What a store of the user's own
 * throws or answers against the contract is a `StorageError` here, `UNEXPECTED`.
 */
// `schemes` may well be undefined, which Required would forbid users who do not have exactOptionalPropertyTypes.
export abstract class CallLayer extends CheckedStore implements Omit<Required<Store>, "schemes">, Store {
  protected readonly inner: Store;
  protected readonly below: StoreBelow;

  protected constructor(inner: Store) {
    super();
    this.inner = guardedStore(inner);
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

  /** Stands around one request of the store below; a step of a listing is one. Default: nothing does. */
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
