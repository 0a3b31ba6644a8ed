import { restated } from "../../errors/as-storage-error.js";
import { isNotFound, isStorageError, textOf, type StorageError } from "../../errors/error.js";
import { assertArgument } from "../../options/argument.js";
import { CAPABILITY_FLAGS, isCapable, type Capability, type CapabilityFlag } from "../capability.js";
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
  ObjectListing,
  PresignOptions,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { WHOLE_READS, type WholeBytes, type WholeReads } from "../whole-reads.js";

/** One call of a driver, with the facts that its errors need. */
export interface DriverCall {
  readonly details: CallDetails;
  readonly signal?: AbortSignal | undefined;
  /** The condition of the request. It decides the meaning of a failed precondition. */
  readonly condition?: "ifNoneMatch" | "ifMatch" | undefined;
  /** Whether a read may leave out content type and metadata. */
  readonly bytesOnly?: boolean | undefined;
  /** Bytes of the source of a copy that need not describe its source. */
  readonly sourceSize?: number | undefined;
}

const EVERYTHING = Object.fromEntries(CAPABILITY_FLAGS.map((flag) => [flag, true])) as Record<CapabilityFlag, true>;

/**
 * The operations of a driver, called with checked arguments. A driver may lack operations that its capability denies.
 */
export interface Driver<Name extends string = string> {
  readonly name: Name;
  /** The differences from a store that supports everything. */
  readonly capability: Readonly<Partial<Capability>>;
  write(path: string, body: StoreBody, options: WriteOptions, call: DriverCall): Promise<ObjectInfo>;
  read(path: string, options: ReadOptions, call: DriverCall): Promise<ReadResult>;
  /** Reads like {@link WholeReads}, for callers that would only join the chunks of a stream. */
  readWhole?(
    path: string,
    options: ReadOptions,
    call: DriverCall,
    onLength: (length: number) => void,
  ): Promise<WholeBytes>;
  stat(path: string, call: DriverCall): Promise<ObjectInfo | undefined>;
  /** Deletes an object. `NOT_FOUND` counts as success, except under a condition. */
  delete(path: string, options: DeleteOptions, call: DriverCall): Promise<unknown>;
  list(prefix: string, options: ListOptions, call: DriverCall): AsyncIterable<ObjectInfo>;
  copy?(from: string, to: string, call: DriverCall): Promise<ObjectInfo>;
  presign?(path: string, options: PresignOptions, call: DriverCall): Promise<string>;
  /** The longest validity of a presigned URL in seconds. Default: any. */
  readonly maxExpiresIn?: number;
  /** The place of the objects for messages, such as `the bucket "payloads"`. Not a URL, which may contain a secret. */
  readonly place?: string;
  close?(): void | Promise<void>;
  /** Translates the error of an operation whose requests do not throw the right error by themselves. */
  failure?(error: unknown, call: DriverCall): unknown;
}

/** A store that consists of a driver behind the checks. A subclass is a class for users, with its own extra methods. */
export abstract class DriverStore<Name extends string = string> extends CheckedStore {
  readonly name: Name;
  readonly capability: Readonly<Capability>;
  protected override readonly maxExpiresIn: number;
  readonly #driver: Driver<Name>;

  protected constructor(driver: Driver<Name>) {
    super();
    assertArgument(isCapable(driver), "DriverStore", "driver: must have a name and a capability");
    this.name = driver.name;
    this.capability = Object.freeze({ ...EVERYTHING, ...driver.capability });
    this.maxExpiresIn = driver.maxExpiresIn ?? Infinity;
    this.#driver = driver;
    if (driver.readWhole !== undefined) WHOLE_READS.declare(this, { readWhole: this.#readWhole.bind(this) }, VERBS);
  }

  /** Frees the resources that the store opened itself. Idempotent. */
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
      if (!isNotFound(error) || options.ifMatch !== undefined) throw error; // some services report a missing object
    }
  }

  protected listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    const call = callOf(details, options);
    const listing = this.#driver.list(prefix, options, call);
    return this.#namesFailures ? this.#namedListing(listing, call) : listing;
  }

  protected copyChecked(from: string, to: string, options: CallOptions, details: CallDetails): Promise<ObjectInfo> {
    const call = callOf(details, options);
    return this.#named(this.#driver.copy!(from, to, call), call); // the capability says that the driver has it
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

  /** Settles as `answer` does. The driver translates its error. */
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

  async *#namedListing(listing: AsyncIterable<ObjectInfo>, call: DriverCall): ObjectListing {
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

/** Adds the name of the place to an error that the place may have caused. */
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

/** Returns the condition of a write or delete. */
export function conditionOf({ ifNoneMatch, ifMatch }: WriteOptions): DriverCall["condition"] {
  if (ifNoneMatch !== undefined) return "ifNoneMatch";
  return ifMatch === undefined ? undefined : "ifMatch";
}

/** Returns the part of a call that the result of a read needs. */
export function readCall({ details, signal }: DriverCall): ReadCall {
  return { store: details.store, signal };
}
