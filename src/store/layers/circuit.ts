import type { CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../errors/error.js";
import { isSourceFailure } from "../source-failure.js";
import type { Observers } from "../../observe/observer.js";
import { tell } from "../../observe/tell.js";

/**
 * The state of a circuit. `closed`: calls pass. `open`: calls are refused. `half-open`: one call at a time passes, to
 * see whether the store is back.
 */
export type CircuitState = "closed" | "open" | "half-open";

/** The verdict of an error on the store: the store is unavailable, it is available, or the error says nothing. */
export type Verdict = "unavailable" | "available" | "unknown";

const UNAVAILABLE: ReadonlySet<StorageErrorCode> = new Set<StorageErrorCode>(["UNAVAILABLE", "TIMEOUT"]);

// These codes are answers, even if the caller hoped for others. THROTTLED is neither among them nor above. A store
// that throttles is available, but has not shown that it works. To cut it off would turn a slowdown into an outage.
const ANSWERS: ReadonlySet<StorageErrorCode> = new Set<StorageErrorCode>([
  "NOT_FOUND",
  "CONTAINER_NOT_FOUND",
  "ALREADY_EXISTS",
  "PRECONDITION_FAILED",
  "PERMISSION_DENIED",
  "INSUFFICIENT_STORAGE",
]);

/** Judges the store by an error. An error that comes after the caller's own abort says nothing, whatever its code. */
export function verdictOf(error: unknown, signal: AbortSignal | undefined): Verdict {
  if (signal?.aborted || !isStorageError(error) || isSourceFailure(error)) return "unknown";
  if (UNAVAILABLE.has(error.code)) return "unavailable";
  return ANSWERS.has(error.code) ? "available" : "unknown";
}

/** Options of a {@link Circuit}. */
export interface CircuitSettings {
  readonly failures: number;
  readonly resetAfter: number;
  readonly clock: Clock;
  readonly observer?: Observers | undefined;
}

/** A call that passed. It may report several times. Its reports are ignored once another call has changed the state. */
export interface AdmittedCall {
  /** Whether the call is the probe, which shows whether the store is back. */
  readonly isProbe: boolean;
  report(verdict: Verdict, code?: StorageErrorCode): void;
}

/**
 * The state machine of a circuit breaker. It is our own. The one in cockatiel takes no clock from the caller, and
 * lets every call pass while its probe is in flight.
 */
export class Circuit {
  #state: CircuitState = "closed";
  // Counts changes of state. A call belongs to the state in which it was admitted.
  #epoch = 0;
  #failures = 0;
  #openedAt = 0;
  #probe: { readonly begun: number } | undefined;

  constructor(private readonly settings: CircuitSettings) {}

  get state(): CircuitState {
    return this.#state;
  }

  /**
   * Admits a call, or refuses it.
   *
   * @throws {StorageError} `UNAVAILABLE` when the circuit is open, or another call is the probe
   */
  admit(details: CallDetails): AdmittedCall {
    if (this.#state === "closed") return this.#call(details);
    if (this.#state === "open") {
      if (this.#within(this.#openedAt)) throw this.#openError(details);
      this.#enter("half-open", details);
    }
    // A probe that hangs is not waited for longer than an open circuit is. Otherwise the circuit would hang with it.
    if (this.#probe !== undefined && this.#within(this.#probe.begun)) throw probingError(details);
    this.#probe = { begun: this.settings.clock.now() };
    return this.#call(details, this.#probe);
  }

  #call(details: CallDetails, probe?: { readonly begun: number }): AdmittedCall {
    let epoch = this.#epoch;
    return {
      isProbe: probe !== undefined,
      report: (verdict, code) => {
        if (epoch !== this.#epoch) return;
        if (probe !== undefined && this.#probe === probe) this.#probe = undefined;
        if (verdict === "available") this.#succeeded(details);
        else if (verdict === "unavailable") this.#failed(details, code);
        // Reports about the body of this call still count in the new state.
        if (verdict === "available") epoch = this.#epoch;
      },
    };
  }

  #succeeded(details: CallDetails): void {
    this.#failures = 0;
    if (this.#state === "half-open") this.#enter("closed", details);
  }

  #failed(details: CallDetails, code: StorageErrorCode | undefined): void {
    this.#failures++;
    if (this.#state === "closed" && this.#failures < this.settings.failures) return;
    this.#openedAt = this.settings.clock.now();
    this.#enter("open", details, code);
  }

  #enter(state: CircuitState, details: CallDetails, code?: StorageErrorCode): void {
    this.#state = state;
    this.#epoch++;
    this.#probe = undefined;
    if (state === "closed") this.#failures = 0;
    const event = ({ open: "circuit_open", "half-open": "circuit_half_open", closed: "circuit_close" } as const)[state];
    const outcome = state === "open" ? "error" : "success";
    tell(this.settings.observer, event, details.store, { outcome, during: details.operation, ...(code && { code }) });
  }

  // A clock that was set back doesn't make the time longer.
  #within(begun: number): boolean {
    const elapsed = this.settings.clock.now() - begun;
    return elapsed >= 0 && elapsed < this.settings.resetAfter;
  }

  #openError(details: CallDetails): StorageError {
    const until = new Date(this.#openedAt + this.settings.resetAfter).toISOString();
    const message = `The store was unavailable ${this.#failures} times in a row; it is not asked again until ${until}.`;
    return new StorageError("UNAVAILABLE", message, details);
  }
}

function probingError(details: CallDetails): StorageError {
  const message = "The store was unavailable; another call is finding out whether it is back.";
  return new StorageError("UNAVAILABLE", message, details);
}
