import { restated } from "../../errors/as-storage-error.js";
import { isNotFound, isStorageError, textOf, type StorageError } from "../../errors/error.js";
import { CAPABILITY_FLAGS, type Capability, type CapabilityFlag } from "../capability.js";
import { checkRead, type CallDetails } from "../check.js";
import { CheckedStore } from "../checked-store.js";
import type { ReadCall } from "../read-result.js";
import { verbsOf } from "../shortcut.js";
import { BYTES_ONLY, SOURCE_SIZE, type SparedOptions } from "../spared-requests.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { WHOLE_READS, type WholeBytes, type WholeReads } from "../whole-reads.js";

/** One call of a driver, as its errors need to know it. */
export interface DriverCall {
  readonly details: CallDetails;
  readonly signal?: AbortSignal | undefined;
  /** The condition that a request carried: it decides what a failed precondition means. */
  readonly condition?: "ifNoneMatch" | "ifMatch" | undefined;
  /** Of a read: whether content type and metadata may be left out. */
  readonly bytesOnly?: boolean | undefined;
  /** Of a copy that need not describe its source: the bytes of that. */
  readonly sourceSize?: number | undefined;
}

const EVERYTHING = Object.fromEntries(CAPABILITY_FLAGS.map((flag) => [flag, true])) as Record<CapabilityFlag, true>;

/** What a driver does once the arguments of a call are checked. What its capability denies, it need not have. */
export interface Driver<Name extends string = string> {
  readonly name: Name;
  /** What differs from a store that can do everything. */
  readonly capability: Readonly<Partial<Capability>>;
  write(path: string, body: StoreBody, options: WriteOptions, call: DriverCall): Promise<ObjectInfo>;
  read(path: string, options: ReadOptions, call: DriverCall): Promise<ReadResult>;
  /** As {@link WholeReads}, where a stream would only be taken apart again. */
  readWhole?(
    path: string,
    options: ReadOptions,
    call: DriverCall,
    onLength: (length: number) => void,
  ): Promise<WholeBytes>;
  stat(path: string, call: DriverCall): Promise<ObjectInfo | undefined>;
  /** `NOT_FOUND` is taken for done, except under a condition. */
  delete(path: string, options: DeleteOptions, call: DriverCall): Promise<unknown>;
  list(prefix: string, options: ListOptions, call: DriverCall): AsyncIterable<ObjectInfo>;
  copy?(from: string, to: string, call: DriverCall): Promise<ObjectInfo>;
  presign?(path: string, options: PresignOptions, call: DriverCall): Promise<string>;
  /** Seconds that a presigned URL may live. */
  readonly maxExpiresIn?: number;
  /** Where the objects are, for messages, such as `the bucket "payloads"`. No URL: it may carry a secret. */
  readonly place?: string;
  close?(): void | Promise<void>;
  /** What the error of a verb means, where its requests do not say that by themselves. */
  failure?(error: unknown, call: DriverCall): unknown;
}

/** A store that is a driver behind the checks: a class for users, with what it has beside the verbs of all stores. */
export abstract class DriverStore<Name extends string = string> extends CheckedStore {
  readonly name: Name;
  readonly capability: Readonly<Capability>;
  protected override readonly maxExpiresIn: number;
  readonly #driver: Driver<Name>;

  protected constructor(driver: Driver<Name>) {
    super();
    this.name = driver.name;
    this.capability = Object.freeze({ ...EVERYTHING, ...driver.capability });
    this.maxExpiresIn = driver.maxExpiresIn ?? Infinity;
    this.#driver = driver;
    if (driver.readWhole !== undefined) WHOLE_READS.declare(this, { readWhole: this.#readWhole.bind(this) }, VERBS);
  }

  /** Frees what the store opened itself. Idempotent. */
  async close(): Promise<void> {
    await this.#driver.close?.();
  }

  protected writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const call = conditionalCall(details, options);
    return this.#named(this.#driver.write(path, source, options, call), call);
  }

  protected readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const call = callOf(details, options);
    return this.#named(this.#driver.read(path, options, call), call);
  }

  protected statChecked(path: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo | undefined> {
    const call = callOf(details, options);
    return this.#named(this.#driver.stat(path, call), call);
  }

  protected async deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    const call = conditionalCall(details, options);
    try {
      await this.#named(this.#driver.delete(path, options, call), call);
    } catch (error) {
      if (!isNotFound(error) || options.ifMatch !== undefined) throw error; // some services tell of a missing object
    }
  }

  protected listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    const call = callOf(details, options);
    const listing = this.#driver.list(prefix, options, call);
    return this.#namesFailures ? this.#namedListing(listing, call) : listing;
  }

  protected copyChecked(from: string, to: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo> {
    const call = callOf(details, options);
    return this.#named(this.#driver.copy!(from, to, call), call); // which the capability says that there is
  }

  protected presignChecked(path: string, options: PresignOptions, details: CallDetails): Promise<string> {
    const call = { details };
    return this.#named(this.#driver.presign!(path, options, call), call); // as above
  }

  async #readWhole(...[path, options, onLength]: Parameters<WholeReads["readWhole"]>): Promise<WholeBytes> {
    const call = callOf(checkRead(this, path, options), options);
    return this.#named(this.#driver.readWhole!(path, options, call, onLength), call);
  }

  get #namesFailures(): boolean {
    return this.#driver.failure !== undefined || this.#driver.place !== undefined;
  }

  /** Settles as `answer` does; its error is what the driver says that it means. */
  #named<T>(answer: Promise<T>, call: DriverCall): Promise<T> {
    if (!this.#namesFailures) return answer;
    return answer.catch((error: unknown) => {
      throw this.#failure(error, call);
    });
  }

  #failure(error: unknown, call: DriverCall): unknown {
    const { place } = this.#driver;
    const named = this.#driver.failure === undefined ? error : this.#driver.failure(error, call);
    return place === undefined ? named : withPlace(named, place);
  }

  async *#namedListing(listing: AsyncIterable<ObjectInfo>, call: DriverCall): AsyncGenerator<ObjectInfo> {
    try {
      yield* listing;
    } catch (error) {
      throw this.#failure(error, call);
    }
  }
}

const VERBS = verbsOf(DriverStore.prototype);

const OF_THE_PLACE = [
  "CONTAINER_NOT_FOUND",
  "PERMISSION_DENIED",
  "INSUFFICIENT_STORAGE",
  "UNAVAILABLE",
  "UNEXPECTED",
] as const;

/** The error with the name of the place, if it is one that the place may be the reason for. */
function withPlace(error: unknown, place: string): unknown {
  if (!OF_THE_PLACE.some((code) => isStorageError(error, code))) return error;
  const known = error as StorageError;
  return known.message.includes(place) ? known : restated(known, {}, `${textOf(known)} It is about ${place}.`);
}

function callOf(details: CallDetails, options: SparedOptions): DriverCall {
  const { signal, [BYTES_ONLY]: bytesOnly, [SOURCE_SIZE]: sourceSize } = options;
  return { details, signal, bytesOnly, sourceSize };
}

function conditionalCall(details: CallDetails, options: WriteOptions): DriverCall {
  return { details, signal: options.signal, condition: conditionOf(options) };
}

/** The condition of a write or delete. */
export function conditionOf({ ifNoneMatch, ifMatch }: WriteOptions): DriverCall["condition"] {
  if (ifNoneMatch !== undefined) return "ifNoneMatch";
  return ifMatch === undefined ? undefined : "ifMatch";
}

/** What the result of a read needs of its call. */
export function readCall({ details, signal }: DriverCall): ReadCall {
  return { store: details.store, signal };
}
