import { isStorageError, type StorageErrorCode } from "../../src/errors/error.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { FakeClock, FaultStore, type FaultKind, type FaultRule } from "../../src/testing/index.js";
import { StepChoice, type FaultRunMode } from "./fault-run/choose-step.js";
import { CountingStore, OpenCounts } from "./fault-run/counting-store.js";
import { DEFAULT_FAULTS } from "./fault-run/default-faults.js";
import { PossibleStates, Violation } from "./fault-run/possible-states.js";
import { passTime, pump, type Running } from "./fault-run/pump.js";
import { RandomChoice } from "./fault-run/random-choice.js";
import { readStep } from "./fault-run/read-step.js";
import { listStep } from "./fault-run/list-step.js";
import type { Judgement, Outcome, Step } from "./fault-run/step.js";
import type { State } from "./fault-run/version.js";
import { TimerWatch } from "./fault-run/timer-watch.js";
import { turn } from "./turn.js";

/** What a composition under test is built of. */
export interface FaultRunEnvironment {
  /** The time of the run: give it to every layer that takes a clock. */
  readonly clock: FakeClock;
  readonly seed: number;
  /** Seeded, for the layers that take their randomness as an option. */
  random(): number;
  /** A store that fails now and then; over `store`, by default an empty MemoryStore. Each has a seed of its own. */
  faulty(options?: { faults?: readonly FaultRule[]; store?: Store }): Store;
}

export interface FaultRunOptions {
  create(environment: FaultRunEnvironment): Store | Promise<Store>;
  /** Decides the steps and the faults: a violation prints it. */
  seed: number;
  /** Calls to make. Default 10,000. */
  operations?: number;
  /**
   * `mutable` (default): each write has new content. `immutable`: what is at a path is always the same or nothing, for
   * stores that answer from copies without asking whether they are the newest.
   */
  mode?: FaultRunMode;
  /** Codes that calls may fail with, beside those of the default faults. */
  codes?: readonly StorageErrorCode[];
  /** Verbs to leave out. */
  without?: readonly Step["verb"][];
  /**
   * Whether what was read once stays. Default `true`. `false` for stores that ask one copy now and another one later, so
   * that the remains of a failed write come and go.
   */
  seenStays?: boolean;
  /**
   * Whether an object may be there without content type and metadata while it is being written, and when that failed:
   * for stores that keep them beside it. Default `false`.
   */
  bare?: boolean;
}

/** What a run was like: assert that there were faults, and that most calls did something. */
export interface FaultRunReport {
  operations: number;
  failed: number;
  injected: Partial<Record<FaultKind, number>>;
}

// They meet each other, and some are what a store may keep for itself.
const PATHS = ["a/1", "a/2", "a/3", "b/1", "b/2", "b/2/c", "c/.x", "c/x.meta", "d", "é/1", "é/2", "z z/1"];
const FAULT_CODES = ["UNAVAILABLE", "THROTTLED", "TIMEOUT"] as const;
const MOST_AT_ONCE = 4;

/**
 * Makes random calls of a composition whose stores fail now and then, and compares it with a map that knows what may
 * be at each path. Asserts that no wrong bytes come back, no acknowledged write is lost, every failure is a typed error
 * that a fault explains, nothing hangs, no rejection stays unhandled, and that at the end nothing is left: no timer,
 * body, listing or call. (Jest keeps unhandled rejections for itself, and fails the test.)
 *
 * Calls are made up to four at a time; only one of them changes a path. Stores must answer without real I/O.
 */
export async function runUnderFaults(options: FaultRunOptions): Promise<FaultRunReport> {
  const run = new FaultRun(options);
  return run.run();
}

class FaultRun {
  readonly #choice: RandomChoice;
  readonly #layerRandom: RandomChoice;
  readonly #clock = new FakeClock(1_700_000_000_000);
  readonly #open = new OpenCounts();
  readonly #stores: FaultStore[] = [];
  readonly #states = new PossibleStates(PATHS);
  readonly #etags = new Map<string, string>();
  readonly #codes: ReadonlySet<StorageErrorCode>;
  #operations = 0;
  #failed = 0;

  constructor(private readonly options: FaultRunOptions) {
    this.#choice = new RandomChoice(options.seed);
    this.#layerRandom = new RandomChoice(options.seed + 1);
    this.#codes = new Set([...FAULT_CODES, ...(options.codes ?? [])]);
  }

  async run(): Promise<FaultRunReport> {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const timers = new TimerWatch();
    const resources = activeResources();
    try {
      await this.#steps();
      await this.#assertNothingLeft(resources, timers);
      if (unhandled.length > 0) this.#fail(`a rejection was not handled: ${String(unhandled[0])}`);
    } finally {
      timers.stop();
      process.removeListener("unhandledRejection", listener);
    }
    const injected: Partial<Record<FaultKind, number>> = {};
    for (const { kind } of this.#stores.flatMap((faulty) => faulty.injected)) {
      injected[kind] = (injected[kind] ?? 0) + 1;
    }
    return { operations: this.#operations, failed: this.#failed, injected };
  }

  async #steps(): Promise<void> {
    const { operations = 10_000, mode = "mutable", without = [], bare = false } = this.options;
    const store = await this.options.create(this.#environment());
    const steps = new StepChoice(this.#choice, mode, store.capability, this.#states, this.#etags, without, bare);
    while (this.#operations < operations) {
      await this.#batch(store, this.#chooseBatch(steps));
      await this.#clock.advance(this.#choice.below(20));
    }
    await this.#finish(store);
  }

  #environment(): FaultRunEnvironment {
    return {
      clock: this.#clock,
      seed: this.options.seed,
      random: () => this.#layerRandom.number(),
      faulty: ({ faults = DEFAULT_FAULTS, store = new MemoryStore() } = {}) => {
        const seed = (this.options.seed * 101 + this.#stores.length) >>> 0;
        const faulty = new FaultStore(store, { seed, faults, clock: this.#clock });
        this.#stores.push(faulty);
        return new CountingStore(faulty, this.#open);
      },
    };
  }

  #chooseBatch(steps: StepChoice): Step[] {
    const batch: Step[] = [];
    const held = new Set<string>();
    for (let size = 1 + this.#choice.below(MOST_AT_ONCE); size > 0; size--) {
      const step = steps.next();
      if (step.holds.some((path) => held.has(path))) continue;
      for (const path of step.holds) held.add(path);
      batch.push(step);
    }
    return batch;
  }

  /** Takes some steps at once, waits for all, and judges them. */
  async #batch(store: Store, batch: readonly Step[], undisturbed = false): Promise<void> {
    const held = new Set(batch.flatMap(({ holds }) => holds));
    const before = new Map(this.#states.paths.map((path) => [path, this.#states.at(path)]));
    for (const { holds, brings } of batch) {
      const target = holds.at(-1);
      if (target !== undefined) this.#states.set(target, [...this.#states.at(target), ...brings]);
    }
    const possible = new Map(this.#states.paths.map((path) => [path, this.#states.at(path)]));
    const calls = batch.map((step) => this.#start(step, store, undisturbed));
    await pump(this.#clock, calls);
    // What goes on behind a call that has ended must not meet the next ones.
    if (!(await passTime(this.#clock, () => this.#open.calls === 0))) {
      throw this.#violation("a call below goes on for ever", batch[0]!);
    }
    for (const [index, step] of batch.entries()) {
      const call = calls[index]!;
      const outcome = await call.settled;
      const judgement: Judgement = {
        before: (path) => before.get(path)!,
        possible: (path) => possible.get(path)!,
        seenStays: this.options.seenStays ?? true,
        settle: (path, states) => this.#states.set(path, states),
        seen: (path, states) => this.#see(path, states, held, outcome),
      };
      this.#judge(step, outcome, call.abortReason, judgement);
    }
  }

  #start(
    step: Step,
    store: Store,
    undisturbed: boolean,
  ): Running & { settled: Promise<Outcome<unknown>>; abortReason: object } {
    const controller = new AbortController();
    const abortReason = new Error("the caller gave up");
    const giveUp = (): void => controller.abort(abortReason);
    if (!undisturbed && this.#choice.chance(0.05)) {
      const turns = this.#choice.below(6);
      if (turns === 0) giveUp();
      else void this.#after(turns, giveUp);
    }
    this.#operations++;
    const settled = (async (): Promise<Outcome<unknown>> => {
      try {
        return { value: await step.run(store, controller.signal) };
      } catch (error) {
        if (!isStorageError(error)) throw this.#violation(`this is no StorageError: ${String(error)}`, step, error);
        return { error };
      }
    })();
    return { name: step.label, settled, giveUp, abortReason };
  }

  async #after(turns: number, then: () => void): Promise<void> {
    for (let passed = 0; passed < turns; passed++) await turn();
    then();
  }

  #judge(step: Step, outcome: Outcome<unknown>, abortReason: object, judgement: Judgement): void {
    const result = "error" in outcome ? outcome.error.code : "done";
    for (const path of step.paths) this.#states.note(path, `${this.#operations}: ${step.label}: ${result}`);
    try {
      if ("error" in outcome) {
        this.#failed++;
        this.#judgeError(step, outcome.error, abortReason);
      } else {
        this.#noteEtag(step, outcome.value);
      }
      step.judge(outcome, judgement);
    } catch (error) {
      throw error instanceof Violation ? this.#violation(error.message, step, error) : error;
    }
  }

  #judgeError(
    step: Step,
    error: Error & { code: StorageErrorCode; operation?: string; path?: string },
    abortReason: object,
  ): void {
    const { code, operation, path } = error;
    if (code === "ABORTED" ? error.cause !== abortReason : !this.#codes.has(code) && !step.codes.includes(code)) {
      throw new Violation(`no fault explains this failure: ${code}: ${error.message}`);
    }
    if (operation !== step.verb) throw new Violation(`the error names another operation: ${String(operation)}`);
    if (path !== undefined && step.paths.length > 0 && !step.paths.includes(path)) {
      throw new Violation(`the error names another path: ${path}`);
    }
  }

  /** For the conditions of later writes. */
  #noteEtag(step: Step, value: unknown): void {
    const info = (step.verb === "read" ? (value as { info: unknown }).info : value) as { etag?: string } | undefined;
    const target = step.paths.at(-1);
    if (target === undefined || step.verb === "delete") return;
    if (info?.etag === undefined) this.#etags.delete(target);
    else this.#etags.set(target, info.etag);
  }

  #see(path: string, states: readonly State[], held: ReadonlySet<string>, outcome: Outcome<unknown>): void {
    if (held.has(path) || this.options.seenStays === false) return;
    // Several steps may have seen it: what remains is what all of them saw.
    const left = this.#states.at(path).filter((state) => states.includes(state));
    if (left.length === 0) throw new Violation(`two readers saw different versions: ${JSON.stringify(outcome)}`);
    this.#states.set(path, left);
  }

  /** Looks at everything once more, without faults. */
  async #finish(store: Store): Promise<void> {
    for (const faulty of this.#stores) faulty.active = false;
    for (const path of this.#states.paths) await this.#batch(store, [readStep(path, {}, "bytes")], true);
    if (store.capability.list && this.options.without?.includes("list") !== true) {
      await this.#batch(store, [listStep("", {}, this.#states.paths)], true);
    }
    await store.close();
  }

  async #assertNothingLeft(resourcesBefore: readonly string[], timers: TimerWatch): Promise<void> {
    const { calls, bodies, listings } = this.#open;
    const left = { calls, bodies, listings, "timers of the clock": this.#clock.pending, timers: timers.pending };
    for (const [what, count] of Object.entries(left)) {
      if (count !== 0) this.#fail(`at the end ${count} ${what} are left`);
    }
    // Rejections that nobody handles come up now, while the test still runs.
    await passTime(this.#clock, () => false);
    const resources = activeResources();
    for (const resource of resourcesBefore) {
      const index = resources.indexOf(resource);
      if (index !== -1) resources.splice(index, 1);
    }
    if (resources.length > 0) this.#fail(`at the end these are left: ${resources.join(", ")}`);
  }

  #fail(problem: string): never {
    throw new Violation(`seed ${this.options.seed}: ${problem}`);
  }

  #violation(problem: string, step: Step, cause?: unknown): Violation {
    const where = `seed ${this.options.seed}, operation ${this.#operations}, ${step.label}`;
    const paths = step.verb === "list" ? this.#states.paths.filter((path) => problem.includes(path)) : step.paths;
    const explained = paths.map((path) => `\n${path}: ${this.#states.explain(path)}`).join("");
    return new Violation(`${where}: ${problem}${explained}`, { cause });
  }
}

// Timers are watched by themselves, and immediates are how this harness lets time pass.
function activeResources(): string[] {
  return process.getActiveResourcesInfo().filter((resource) => resource !== "Immediate" && resource !== "Timeout");
}
