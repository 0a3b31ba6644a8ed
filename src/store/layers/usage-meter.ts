import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../check.js";
import type { Clock } from "../../async/clock.js";
import { StorageError } from "../../errors/error.js";
import type { Observers } from "../../observe/observer.js";
import { tell } from "../../observe/tell.js";
import { monthOf, type UsageCounter, type UsageKind } from "./usage-counter.js";

/** How much may be used in a month. A quantity without a limit is not counted. */
export type UsageLimits = { readonly [Kind in UsageKind]?: number | undefined };

export interface UsageSettings {
  readonly limits: UsageLimits;
  readonly counter: UsageCounter;
  readonly onCounterFailure: "allow" | "refuse";
  readonly clock: Clock;
  readonly observer?: Observers | undefined;
}

/** An amount that was counted beforehand. */
export interface Reservation {
  /** The part that is not used yet. */
  readonly left: number;
  /**
   * Takes what was used, which can then not be given back any more. Returns the amount that the reservation lacks for
   * it.
   */
  use(amount: number): number;
  /** Gives back what was not used, to the month that it was taken from. Works once. */
  giveBack(): void;
}

/** Counts what calls use, and refuses calls that are over the limits. */
export class UsageMeter {
  constructor(private readonly settings: UsageSettings) {}

  /**
   * Counts `amount` beforehand.
   *
   * @throws {StorageError} `USAGE_LIMIT` if it would exceed the limit of this month; nothing is counted then
   */
  async reserve(
    kind: UsageKind,
    amount: number,
    details: CallDetails,
    signal: AbortSignal | undefined,
  ): Promise<Reservation> {
    const { limits, counter, clock } = this.settings;
    const limit = limits[kind];
    if (limit === undefined || amount === 0) return this.#reservation(kind, undefined, 0, details);
    const month = monthOf(clock.now());
    const discard = (granted: boolean): void => {
      if (granted) this.#add(month, kind, -amount, details);
    };
    // Async, so that a counter in plain JavaScript may also answer at once.
    const ask = async (): Promise<boolean> => counter.reserve(month, kind, amount, limit);
    let granted: boolean;
    try {
      granted = await abortable(ask(), signal, details, discard);
    } catch (cause) {
      if (signal?.aborted) throw cause;
      this.#tellFault(details);
      if (this.settings.onCounterFailure === "allow") return this.#reservation(kind, undefined, 0, details);
      throw new StorageError("UNAVAILABLE", "The counter of usage failed.", { ...details, cause });
    }
    if (!granted) throw this.#refusal(kind, limit, month, details);
    return this.#reservation(kind, month, amount, details);
  }

  /** Counts what was used beyond what was reserved. */
  overrun(kind: UsageKind, amount: number, details: CallDetails): void {
    if (this.settings.limits[kind] === undefined) return;
    this.#add(monthOf(this.settings.clock.now()), kind, amount, details);
  }

  #reservation(kind: UsageKind, month: string | undefined, amount: number, details: CallDetails): Reservation {
    let left = amount;
    return {
      get left() {
        return left;
      },
      use(used) {
        const covered = Math.min(used, left);
        left -= covered;
        return used - covered;
      },
      giveBack: () => {
        const unused = left;
        left = 0;
        if (month !== undefined && unused > 0) this.#add(month, kind, -unused, details);
      },
    };
  }

  // This is not awaited, since the call is over, and has succeeded or failed for a reason of its own.
  #add(month: string, kind: UsageKind, amount: number, details: CallDetails): void {
    const add = async (): Promise<void> => this.settings.counter.add(month, kind, amount);
    add().catch(() => this.#tellFault(details));
  }

  #tellFault({ store, operation }: CallDetails): void {
    tell(this.settings.observer, "usage_counter_fault", store, { outcome: "error", during: operation });
  }

  #refusal(kind: UsageKind, limit: number, month: string, details: CallDetails): StorageError {
    const { store, operation } = details;
    tell(this.settings.observer, "usage_limit", store, { outcome: "error", code: "USAGE_LIMIT", during: operation });
    const what = { requests: "requests", egressBytes: "bytes read", ingressBytes: "bytes written" }[kind];
    return new StorageError(
      "USAGE_LIMIT",
      `The limit of ${limit} ${what} in ${month} is reached. Raise it in withUsageLimits, or wait for the next month.`,
      details,
    );
  }
}
