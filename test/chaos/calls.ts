import { getEventListeners } from "node:events";
import { isStorageError, type StorageError } from "../../src/errors/error.js";
import type { Clock } from "../../src/async/clock.js";
import { Violation } from "../support/fault-run/possible-states.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";
import { turn } from "../support/turn.js";

// An abort needs no time, only a few turns of the event loop: this is ample. A file that is closed needs a thread as well,
// hence the milliseconds of real time, in which turns are many.
const MOST_TURNS = 50;
const MOST_TIME = 300;

/** What a call came to. */
export type Outcome<T> = { readonly value: T } | { readonly error: StorageError };

/** Counts the steps of the stores, so that something can happen at each of them. */
export class Steps {
  #count = 0;
  readonly #waiting = new Map<number, Set<() => void>>();

  next(): void {
    const due = this.#waiting.get(++this.#count) ?? [];
    this.#waiting.delete(this.#count);
    for (const callback of due) callback();
  }

  /** Calls back at the `n`-th step from now, unless it is taken back. */
  after(n: number, callback: () => void): () => void {
    const at = this.#count + n;
    const due = this.#waiting.get(at) ?? new Set();
    this.#waiting.set(at, due.add(callback));
    return () => due.delete(callback);
  }
}

/** Makes the calls of a case, aborts some of them anywhere, and judges how they end. */
export class Calls {
  /** What was called, and what came of it. */
  readonly log: string[] = [];
  made = 0;
  failed = 0;
  private readonly aborted = new Map<string, { turns: number; since: number }>();

  constructor(
    private readonly choice: RandomChoice,
    private readonly clock: Clock,
    private readonly steps: Steps,
    /** Share of the calls that are aborted. */
    private readonly abortRate: number,
  ) {}

  /** Whether a call was aborted and has not ended: no time may pass meanwhile. */
  get waitsForAbort(): boolean {
    return this.aborted.size > 0;
  }

  /** To be called at every turn. @throws {Violation} for a call that goes on although it was aborted */
  assertAbortsHeeded(): void {
    for (const [name, abort] of this.aborted) {
      if (++abort.turns <= MOST_TURNS || performance.now() - abort.since <= MOST_TIME) continue;
      throw new Violation(`${name} goes on although its signal has fired`);
    }
  }

  /**
   * @param explains whether something that was done to the case explains an error
   * @param patience milliseconds after which the caller gives up, if what is called has no time limit of its own
   * @throws {Violation} for an error that is none of ours, or that nothing explains
   */
  async make<T>(
    what: string,
    run: (signal: AbortSignal) => Promise<T>,
    explains: (error: StorageError) => boolean,
    patience?: number,
  ): Promise<Outcome<T>> {
    const name = `${what} (call ${++this.made})`;
    const controller = new AbortController();
    const reason = new Error("The caller gave up.");
    const isOver = this.planAbort(name, controller, reason);
    const giveUp = (): void => {
      this.noteAbort(name);
      controller.abort(reason);
    };
    const timer = patience === undefined ? undefined : this.clock.setTimeout(giveUp, patience);
    try {
      return { value: await run(controller.signal) };
    } catch (error) {
      this.failed++;
      if (error instanceof Violation) throw error;
      if (!isStorageError(error)) throw new Violation(`${name} rejects with no StorageError: ${String(error)}`);
      this.log.push(`${name}: ${error.code}${controller.signal.aborted ? ", aborted" : ""}`);
      const isExplained = error.code === "ABORTED" ? error.cause === reason : explains(error);
      if (!isExplained) throw new Violation(`${name}: nothing explains this error: ${describe(error)}`);
      return { error };
    } finally {
      isOver();
      this.clock.clearTimeout(timer);
      this.aborted.delete(name);
      const listeners = getEventListeners(controller.signal, "abort").length;
      if (listeners > 0) throw new Violation(`${name} leaves ${listeners} listeners on the signal of its caller`);
    }
  }

  private noteAbort(name: string): void {
    this.aborted.set(name, { turns: 0, since: performance.now() });
  }

  /** Gives what is to be called when the call has ended. */
  private planAbort(name: string, controller: AbortController, reason: Error): () => void {
    const { choice } = this;
    if (!choice.chance(this.abortRate)) return () => undefined;
    let over = false;
    const abort = (): void => {
      if (over) return;
      this.noteAbort(name);
      controller.abort(reason);
    };
    const end = (takeBack: () => unknown) => (): void => {
      over = true;
      this.aborted.delete(name);
      takeBack();
    };
    const kind = choice.of(["microtasks", "turns", "steps", "steps", "time"] as const);
    if (kind === "steps") return end(this.steps.after(1 + choice.below(12), abort));
    if (kind === "time") {
      const timer = this.clock.setTimeout(abort, choice.of([1, 30, 400, 5000]));
      return end(() => this.clock.clearTimeout(timer));
    }
    const wait = kind === "turns" ? turn : async (): Promise<void> => Promise.resolve();
    const count = choice.below(kind === "turns" ? 12 : 120);
    void (async () => {
      for (let waited = 0; waited < count; waited++) await wait();
      abort();
    })();
    return end(() => undefined);
  }
}

function describe(error: StorageError): string {
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && causes.length < 4; cause = cause.cause) {
    causes.push(isStorageError(cause) ? `${cause.code} of ${cause.operation ?? "?"}: ${cause.message}` : String(cause));
  }
  return causes.join(" <- ");
}
