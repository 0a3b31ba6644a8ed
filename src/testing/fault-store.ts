import { checkedStore } from "../store/is-store.js";
import { declareOwnStore } from "../store/guard/own-stores.js";
import { isWholeBody, wholeBytes } from "../store/body.js";
import { checkList, type CallDetails } from "../store/check.js";
import type { Clock } from "../async/clock.js";
import { CallLayer } from "../store/layers/call-layer.js";
import { streamResult } from "../store/read-result.js";
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
} from "../store/store.js";
import { inject, type FaultyCall } from "./faults/inject.js";
import type { FaultOperation, InjectedFault } from "./faults/fault.js";
import { FaultPlan, type Strike } from "./faults/fault-plan.js";
import { interruptible } from "./faults/interruptible.js";
import { parseFaultStoreOptions, type FaultStoreOptions } from "./faults/options.js";
import { FaultyBody } from "./faults/faulty-body.js";
import { faultyEntries } from "./faults/faulty-listing.js";

/**
 * Makes a store fail as services and networks do, so that tests see how the code above it reacts. It wraps any store,
 * has its name and capability, and passes on every call that no fault strikes.
 *
 * Calls that are refused before any I/O are refused as always, and no fault counts them. Such a call has a bad path,
 * an option that is `UNSUPPORTED`, or a signal that has fired.
 *
 * @throws {StorageError} `CONFIG_INVALID` that names each invalid field of the options
 * @example
 * const store = new FaultStore(new MemoryStore(), {
 *   seed: 7,
 *   faults: [
 *     { on: "write", times: 2, fault: { error: "UNAVAILABLE" } }, // the first two writes fail
 *     { on: "read", path: /\.bin$/, fault: { truncate: 100 } }, // bodies end after 100 bytes, as if that were all
 *     { on: ["write", "delete"], rate: 0.1, fault: { lostAcknowledgement: true } }, // done, but said to have failed
 *   ],
 * });
 */
export class FaultStore extends CallLayer {
  /** Whether faults strike. While it is `false`, all calls pass through, and no rule counts them. */
  active = true;
  /** The seed with which the same calls meet the same faults again. Print it when a test fails. */
  readonly seed: number;
  readonly #plan: FaultPlan;
  readonly #clock: Clock;

  constructor(store: Store, options: FaultStoreOptions) {
    super(checkedStore(store, "FaultStore"));
    const { seed, clock, rules } = parseFaultStoreOptions(options);
    this.seed = seed;
    this.#clock = clock;
    this.#plan = new FaultPlan(rules, seed);
  }

  /** The faults that have happened, in order. Assert that there are some, or the test shows nothing. */
  get injected(): readonly InjectedFault[] {
    return this.#plan.injected;
  }

  protected override writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const call = this.#call(details, options.signal);
    return this.#faulty("write", [path], call, (during) => {
      return during.length === 0
        ? this.inner.write(path, source, options)
        : this.#write(path, source, options, during, call);
    });
  }

  protected override readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const call = this.#call(details, options.signal);
    const read = async (during: readonly Strike[]): Promise<ReadResult> => {
      const result = await this.inner.read(path, options);
      if (during.length === 0) return result;
      const { offset = 0, length = Infinity } = options;
      const size = Math.min(length, Math.max(0, result.info.size - offset));
      const chunks = new FaultyBody(result, during, size, call);
      return streamResult(result.info, chunks, () => result.cancel(), { store: this.name, signal: options.signal });
    };
    return this.#faulty("read", [path], call, read, (result) => result.cancel());
  }

  protected override statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    return this.#faulty("stat", [path], this.#call(details, options.signal), () => this.inner.stat(path, options));
  }

  protected override deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    return this.#faulty("delete", [path], this.#call(details, options.signal), () => this.inner.delete(path, options));
  }

  override list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const source = this.inner.list(prefix, options)[Symbol.asyncIterator]();
    const entries = this.#entries.bind(this);
    return interruptible(source, (inner, givenUp) => entries(inner, givenUp, prefix, options));
  }

  protected override copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const call = this.#call(details, options.signal);
    return this.#faulty("copy", [from, to], call, () => this.inner.copy(from, to, options));
  }

  protected override presignChecked(path: string, options: PresignOptions, details: CallDetails): Promise<string> {
    return this.#faulty("presign", [path], this.#call(details), () => this.inner.presign(path, options));
  }

  override async close(): Promise<void> {
    const call = this.#call({ operation: "close", store: this.name });
    return this.#faulty("close", [], call, () => this.inner.close());
  }

  async #faulty<T>(
    operation: FaultOperation,
    paths: readonly string[],
    call: FaultyCall,
    effect: (during: readonly Strike[]) => Promise<T>,
    discard?: (result: T) => Promise<void>,
  ): Promise<T> {
    if (!this.active) return effect([]);
    const { before, during, after } = this.#plan.strikes(operation, paths);
    await inject(before, call);
    const result = await effect(during);
    try {
      await inject(after, call);
    } catch (error) {
      await discard?.(result);
      throw error;
    }
    return result;
  }

  async #write(
    path: string,
    body: StoreBody,
    options: WriteOptions,
    during: readonly Strike[],
    call: FaultyCall,
  ): Promise<ObjectInfo> {
    if (isWholeBody(body)) {
      const bytes = wholeBytes(body);
      const parts: Uint8Array[] = [];
      for await (const part of new FaultyBody(inOne(bytes), during, bytes.byteLength, call)) parts.push(part);
      return this.inner.write(path, Buffer.concat(parts), options);
    }
    const faulty = new FaultyBody(body, during, options.size, call);
    try {
      return await this.inner.write(path, faulty, options);
    } catch (error) {
      throw faulty.failure ?? error;
    }
  }

  async *#entries(
    source: AsyncIterator<ObjectInfo>,
    givenUp: Promise<void>,
    prefix: string,
    options: ListOptions,
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    const call = this.#call(checkList(this, prefix, options), options.signal);
    const strikes = this.active ? this.#plan.strikes("list", [prefix]) : { before: [], during: [], after: [] };
    yield* faultyEntries(source, strikes, call, givenUp);
  }

  #call(details: CallDetails, signal?: AbortSignal): FaultyCall {
    return { details, signal, clock: this.#clock, seed: this.seed };
  }

  static {
    declareOwnStore(this);
  }
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  yield bytes;
}
