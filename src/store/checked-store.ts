import { throwIfAborted } from "../async/abort.js";
import { endingSource } from "./body-source.js";
import type { Capability } from "./capability.js";
import {
  checkCopy,
  checkDelete,
  checkList,
  checkPresign,
  checkRead,
  checkStat,
  checkWrite,
  type CallDetails,
} from "./check.js";
import { openListing } from "./open-listing.js";
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
} from "./store.js";

/** The verbs of a store after the checks. `details` is what the errors of the call carry. */
export interface CheckedVerbs<Written extends ObjectInfo = ObjectInfo> {
  /** @param source a body that the caller ends when this fails */
  writeChecked(path: string, source: StoreBody, options: WriteOptions, details: CallDetails): Promise<Written>;
  readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult>;
  statChecked(path: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo | undefined>;
  deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void>;
  listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo>;
  copyChecked(from: string, to: string, options: CallOptions, details: CallDetails): Promise<Written>;
  presignChecked(path: string, options: PresignOptions, details: CallDetails): Promise<string>;
}

/**
 * A store that checks the arguments of each call before anything else, and ends the source of a write that fails. A
 * layer of this library calls it through {@link StoreBelow}, so that checked arguments are not checked again.
 *
 * @typeParam Written the description of an object that was written
 */
export abstract class CheckedStore<Written extends ObjectInfo = ObjectInfo> implements Store {
  abstract readonly name: string;
  abstract readonly capability: Readonly<Capability>;
  /** Longest life of a presigned URL in seconds. Default: no limit here, since the store below knows its own. */
  protected readonly maxExpiresIn: number = Infinity;

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<Written> {
    return endingSource(body, async (source) =>
      this.writeChecked(path, source, options, checkWrite(this, path, source, options)),
    );
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return this.readChecked(path, options, checkRead(this, path, options));
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.statChecked(path, options, checkStat(this, path, options));
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    return this.deleteChecked(path, options, checkDelete(this, path, options));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    yield* this.listChecked(prefix, options, checkList(this, prefix, options));
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<Written> {
    return this.copyChecked(from, to, options, checkCopy(this, from, to, options));
  }

  async presign(path: string, options: PresignOptions): Promise<string> {
    return this.presignChecked(path, options, checkPresign(this, path, options, this.maxExpiresIn));
  }

  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected abstract writeChecked(...call: Parameters<CheckedVerbs["writeChecked"]>): Promise<Written>;
  protected abstract readChecked(...call: Parameters<CheckedVerbs["readChecked"]>): Promise<ReadResult>;
  protected abstract statChecked(...call: Parameters<CheckedVerbs["statChecked"]>): Promise<ObjectInfo | undefined>;
  protected abstract deleteChecked(...call: Parameters<CheckedVerbs["deleteChecked"]>): Promise<void>;
  protected abstract listChecked(...call: Parameters<CheckedVerbs["listChecked"]>): AsyncIterable<ObjectInfo>;
  protected abstract copyChecked(...call: Parameters<CheckedVerbs["copyChecked"]>): Promise<Written>;
  protected abstract presignChecked(...call: Parameters<CheckedVerbs["presignChecked"]>): Promise<string>;
}

const checked = CheckedStore.prototype;

/**
 * The store below another one, for a store that can do no more than the one below. It is called with arguments that
 * were already checked. If a method is not that of {@link CheckedStore}, the store checks the arguments itself. Such
 * a store is a user's or a test's.
 */
export class StoreBelow implements CheckedVerbs {
  constructor(readonly store: Store) {}

  writeChecked(path: string, source: StoreBody, options: WriteOptions, details: CallDetails): Promise<ObjectInfo> {
    const own = this.#own(this.store.write === checked.write, options, details);
    if (own === undefined) return this.store.write(path, source, options);
    return endingSource(source, (body) => own.writeChecked(path, body, options, details));
  }

  readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const own = this.#own(this.store.read === checked.read, options, details);
    return own === undefined ? this.store.read(path, options) : own.readChecked(path, options, details);
  }

  statChecked(path: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo | undefined> {
    const own = this.#own(this.store.stat === checked.stat, options, details);
    return own === undefined ? this.store.stat(path, options) : own.statChecked(path, options, details);
  }

  deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    const own = this.#own(this.store.delete === checked.delete, options, details);
    return own === undefined ? this.store.delete(path, options) : own.deleteChecked(path, options, details);
  }

  listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    const own = this.#own(this.store.list === checked.list, options, details);
    return own === undefined ? openListing(this.store, prefix, options) : own.listChecked(prefix, options, details);
  }

  copyChecked(from: string, to: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo> {
    const own = this.#own(this.store.copy === checked.copy, options, details);
    return own === undefined ? this.store.copy(from, to, options) : own.copyChecked(from, to, options, details);
  }

  /** Makes a URL. Each store checks by itself how long a URL may live. */
  presignChecked(path: string, options: PresignOptions): Promise<string> {
    return this.store.presign(path, options);
  }

  /** @throws {StorageError} `ABORTED`, since the caller may have given up while the layer waited */
  #own(isChecked: boolean, { signal }: CallOptions, details: CallDetails): CheckedVerbs | undefined {
    if (!isChecked) return undefined;
    throwIfAborted(signal, details);
    return this.store as unknown as CheckedVerbs; // these verbs are hidden from all other code
  }
}
