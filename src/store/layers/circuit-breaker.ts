import { abortable } from "../../async/abort.js";
import { declareOwnStore } from "../guard/own-stores.js";
import * as z from "zod/mini";
import { type CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { isStorageError } from "../../errors/error.js";
import { observerField, type ObserverOption } from "../../observe/observer.js";
import { clockField } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import type {
  CallOptions,
  ListOptions,
  ObjectListing,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
} from "../store.js";
import { CallLayer, type Ask } from "./call-layer.js";
import { Circuit, verdictOf, type AdmittedCall, type CircuitState } from "./circuit.js";
import { milliseconds, wholeNumber } from "./layer-options.js";
import { checkedStore } from "../is-store.js";
import { relayed } from "../../async/relayed.js";
import { relayedResult } from "./relayed-result.js";

/** Options of {@link withCircuitBreaker}. */
export interface CircuitBreakerOptions {
  /** Calls in a row that must find the store unavailable before calls are refused. At least 1, default 5. */
  failures?: number | undefined;
  /** Milliseconds for which calls are refused. At least 1, default 30,000. */
  resetAfter?: number | undefined;
  /** The clock. Default: the system's. */
  clock?: Clock | undefined;
  /**
   * Hears of every change of state (`circuit_open`, `circuit_half_open`, `circuit_close`). Default: the observer of
   * the manager that makes the call.
   */
  observer?: ObserverOption | undefined;
}

/** The store that {@link withCircuitBreaker} returns. It shows the state of its circuit. */
export interface CircuitBreakerStore extends Store {
  /**
   * The state. `closed`: calls pass. `open`: calls are refused. `half-open`: one call at a time passes, to see
   * whether the store is back.
   */
  readonly state: CircuitState;
}

const schema = z.strictObject({
  failures: z._default(wholeNumber, 5),
  resetAfter: z._default(milliseconds.check(z.gte(1)), 30_000),
  clock: clockField,
  observer: observerField,
});

/**
 * Stops calling a store that is unavailable. After `failures` calls in a row that ended with `UNAVAILABLE` or
 * `TIMEOUT`, calls are refused for `resetAfter` ms, with `UNAVAILABLE` and without I/O. Then one call passes. If it
 * gets an answer, calls pass again. If it fails, calls are refused for another `resetAfter` ms. If it ends by the
 * caller's abort, or says nothing about the store, the next call passes. The next call also passes if it has no
 * answer after `resetAfter` ms.
 *
 * A missing object, a condition that does not hold, denied access and the like are answers of a store that works. The
 * caller's abort, arguments that are refused, and `THROTTLED` count neither way. A body or a listing that breaks off
 * counts as a failure. A body has only succeeded when it was read to its end. `presign` makes no request, and always
 * passes.
 *
 * A store has one circuit. If the store routes, put a circuit breaker over each of its targets instead.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withCircuitBreaker(new S3Store({ bucket: "payloads" }), { failures: 10, resetAfter: 15_000 });
 */
export function withCircuitBreaker(store: Store, options: CircuitBreakerOptions = {}): CircuitBreakerStore {
  const circuit = new Circuit(parseOptions(schema, options, "withCircuitBreaker"));
  return new CircuitBreakerLayer(checkedStore(store, "withCircuitBreaker"), circuit);
}

class CircuitBreakerLayer extends CallLayer implements CircuitBreakerStore {
  constructor(
    inner: Store,
    private readonly circuit: Circuit,
  ) {
    super(inner);
  }

  get state(): CircuitState {
    return this.circuit.state;
  }

  protected override async around<T, O extends CallOptions>(
    details: CallDetails,
    options: O,
    ask: Ask<O, T>,
  ): Promise<T> {
    const call = this.circuit.admit(details);
    const answer = await judged(call, details, options.signal, () => ask(options));
    call.report("available");
    return answer;
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const { signal } = options;
    const call = this.circuit.admit(details);
    const discard = (late: ReadResult): Promise<void> => late.cancel();
    const ask = (): Promise<ReadResult> => this.below.readChecked(path, options, details);
    const result = await judged(call, details, signal, ask, discard);
    if (call.isProbe) call.report("available");
    return relayedResult(
      result,
      {
        ended(end) {
          if (end.how === "read") call.report("available");
          else if (end.how === "failed") reportFailure(call, end.error, signal);
        },
      },
      { store: this.name, signal },
    );
  }

  protected override async *listChecked(prefix: string, options: ListOptions, details: CallDetails): ObjectListing {
    const { signal } = options;
    const listing = this.below.listChecked(prefix, options, details); // This asks for nothing before its first step.
    const call = this.circuit.admit(details);
    yield* relayed(listing, async (next) => {
      const step = await judged(call, details, signal, next);
      if (call.isProbe || step.done === true) call.report("available");
      return step;
    });
  }

  protected override presignChecked(path: string, options: PresignOptions): Promise<string> {
    return this.below.presignChecked(path, options);
  }

  static {
    declareOwnStore(this);
  }
}

/** Asks the store, and reports a failure of any kind. A failure that says nothing about the store also ends a probe. */
async function judged<T>(
  call: AdmittedCall,
  details: CallDetails,
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
  discard?: (late: T) => unknown,
): Promise<T> {
  try {
    return await abortable(ask(), signal, details, discard);
  } catch (error) {
    reportFailure(call, error, signal);
    throw error;
  }
}

function reportFailure(call: AdmittedCall, error: unknown, signal: AbortSignal | undefined): void {
  call.report(verdictOf(error, signal), isStorageError(error) ? error.code : undefined);
}
