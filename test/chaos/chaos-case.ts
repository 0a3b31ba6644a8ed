import { setTimeout as realDelay } from "node:timers/promises";
import { inspect } from "node:util";
import { isStorageError, type StorageError } from "../../src/errors/error.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { systemClock, type Clock } from "../../src/async/clock.js";
import type { Store } from "../../src/store/store.js";
import { FaultStore } from "../../src/testing/index.js";
import { CountingStore, OpenCounts } from "../support/fault-run/counting-store.js";
import { Violation } from "../support/fault-run/possible-states.js";
import { TimerWatch } from "../support/fault-run/timer-watch.js";
import { turn } from "../support/turn.js";
import { Calls, Steps } from "./calls.js";
import { CaseTime } from "./case-time.js";
import { choicesOf, weighted } from "./choices.js";
import { chooseFaults } from "./fault-rules.js";
import { chooseManagers } from "./manager-setups.js";
import { Message, type Surroundings, type Ticket } from "./message.js";
import { RandomPayload } from "./random-payload.js";
import { RepeatingStore } from "./repeating-store.js";
import type { Site } from "./site.js";
import { STORE_SETUPS } from "./store-setups.js";
import { Inspector, WatchedStore } from "./watched-store.js";

// Turns of the event loop in which something that needs no time goes on.
const IDLE_TURNS = 8;
// Microseconds of work in these turns behind which more may come in the next ones.
const WORK = 2500;
// Milliseconds of real time after which a case is taken to hang.
const MOST_REAL_TIME = 60_000;
// Milliseconds of real time that I/O may take.
const MOST_REAL_WAIT = 20_000;
// Milliseconds of real time that a close has before time goes on.
const CLOSE_WAIT = 100;
// Milliseconds of the case's time after which nothing may go on behind calls that have ended.
const MOST_AFTERWARDS = 200_000;
// So that open circuits close, and late writes are over.
const PAUSE = 60_000;

// Where there are many objects, not all are looked at after each step.
const MOST_LOOKED_AT = 30;

const SHORT = { depth: 1, breakLength: Infinity };
const MOST_ATTEMPTS = 10;
// Milliseconds that a call may take where time is real.
const REAL_TIMEOUT = 3000;

/** What a case was like. */
export interface CaseReport {
  readonly kind: string;
  readonly calls: number;
  readonly failed: number;
  readonly faults: number;
  readonly tickets: number;
}

/** Everything of one case is decided by its seed. */
export class ChaosCase {
  private readonly inRealTime: boolean;
  private readonly time: CaseTime | undefined;
  private readonly clock: Clock;
  private readonly steps = new Steps();
  private readonly managers;
  private readonly faults;
  private readonly setup;
  private readonly calls: Calls;
  /** What is open below the composition, and below what fails. */
  private readonly open = new OpenCounts();
  private readonly real = new OpenCounts();
  private readonly faulty: FaultStore[] = [];
  private readonly repeating: RepeatingStore[] = [];
  private readonly inspectors: Inspector[] = [];
  private readonly tickets: Ticket[] = [];
  private messages: Message[] = [];
  private problem: unknown;

  constructor(
    readonly seed: number,
    private readonly site: Site,
  ) {
    this.managers = chooseManagers(seed);
    // Codecs work in threads of their own, of which no turn tells.
    this.inRealTime = site.inRealTime || this.managers.options.codecs !== undefined;
    this.time = this.inRealTime ? undefined : new CaseTime();
    this.clock = this.time ?? systemClock;
    // Nobody waits minutes for what never comes.
    if (this.inRealTime) this.managers.options.timeout = this.managers.consumerOptions.timeout = REAL_TIMEOUT;
    this.faults = chooseFaults(choicesOf(seed, "faults"), this.inRealTime);
    this.setup = weighted(choicesOf(seed, "stores"), STORE_SETUPS);
    const choice = choicesOf(seed, "calls");
    this.calls = new Calls(choice, this.clock, this.steps, choice.of([0, 0.1, 0.5]));
  }

  /** @throws {Violation} if an invariant does not hold */
  async run(): Promise<CaseReport> {
    const onUnhandled = (reason: unknown): void => {
      this.problem ??= new Violation(`a rejection was not handled: ${String(reason)}`, { cause: reason });
    };
    process.on("unhandledRejection", onUnhandled);
    const timers = this.time === undefined ? new TimerWatch() : undefined;
    this.time?.install();
    try {
      await this.play(timers);
    } finally {
      this.time?.uninstall();
      timers?.stop();
      process.removeListener("unhandledRejection", onUnhandled);
    }
    const { made, failed } = this.calls;
    const injected = this.faulty.reduce((sum, store) => sum + store.injected.length, 0);
    const repeated = this.repeating.reduce((sum, store) => sum + store.repeated, 0);
    const tickets = this.tickets.length;
    return { kind: this.site.kind, calls: made, failed, faults: injected + repeated, tickets };
  }

  /** The set-up, the faults and the calls, for one screen. */
  describe(): string {
    const { names, options, consumerOptions } = this.managers;
    const injected = this.faulty.flatMap(({ injected: list }, index) =>
      list.map(
        ({ kind, operation, when, path }) => `${kind} ${when} ${operation} in store ${index} ${path.slice(-40)}`,
      ),
    );
    const repeated = this.repeating.map(({ repeated: count }) => count).join(", ");
    return [
      `store: ${this.setup.name} over ${this.faulty.length} of ${this.site.kind}`,
      `manager: ${names.join(", ") || "defaults"} ${inspect(options, SHORT)}, reader ${inspect(consumerOptions, SHORT)}`,
      ...this.messages.map((message) => message.describe()),
      `faults planned: ${this.faults.name}; requests repeated: ${repeated || "none"}; of the site: ${this.site.describe()}`,
      `faults that happened: ${injected.length}`,
      ...injected.slice(-12).map((line) => `  ${line}`),
      `calls: ${this.calls.made}, of which failed: ${this.calls.failed}`,
      ...this.calls.log.slice(-12).map((line) => `  ${line}`),
    ].join("\n");
  }

  private async play(timers: TimerWatch | undefined): Promise<void> {
    const store = this.compose(this.setup, () => this.leaf());
    const producer = new StorageManager({ ...this.managers.options, store });
    const consumer = new StorageManager({ ...this.managers.consumerOptions, store });
    this.messages = this.newMessages({
      producer,
      consumer,
      calls: this.calls,
      keyOrder: this.managers.options.canonical !== true,
      released: new Set(),
      pause: () => new Promise((resolve) => this.clock.setTimeout(resolve, 5)),
      lies: this.faults.lies,
      explains: (error) => this.explains(error),
      onTicket: (ticket) => {
        this.tickets.push(ticket);
        this.site.onTicket?.(ticket);
      },
    });
    await this.drive(Promise.all(this.messages.map((message) => message.run())));
    await this.calm();
    await this.drive(this.assertResolves(consumer, () => true));
    await this.assertVisible();
    await this.driveClose(Promise.all([producer.close(), consumer.close()]));
    // A client may clear its timers a little later.
    if (timers !== undefined) await this.passUntil(() => timers.pending === 0, MOST_REAL_WAIT);
    this.assertNothingLeft(timers);
    // Another process, which has nothing in memory.
    await this.drive(
      this.assertResolvesElsewhere(
        [...this.faulty.keys()].map((index) => this.site.truth(index)),
        () => true,
      ),
    );
    await this.site.finish?.((stores, isDue) => this.assertResolvesElsewhere(stores, isDue));
  }

  private newMessages(world: Surroundings): Message[] {
    const { seed, managers, site } = this;
    const choice = choicesOf(seed, "messages");
    const most =
      site.kind === "memory"
        ? choice.of([1500, 3000, 3000, 3000, 5000, 30_000, choice.chance(0.2) ? 300_000 : 3000])
        : 3000;
    return Array.from({ length: choice.of([1, 1, 2, 3]) }, (_, index) => {
      const own = choicesOf(seed, `message ${index}`);
      const payload = new RandomPayload(own, managers, own.of(["a", "b", `m${index}`]), most);
      const scope = own.of([undefined, "run-1/step-1", "run-1/step-1", `run-2/${index}`]);
      return new Message(`message ${index}`, payload, scope, own, world);
    });
  }

  /** The composition of the case, over these stores. Twice the same for the same seed. */
  private compose(setup: (typeof STORE_SETUPS)[number], leaf: () => Store): Store {
    const choice = choicesOf(this.seed, "composition");
    const jitter = choicesOf(this.seed, "jitter");
    return setup.build({ leaf, clock: this.clock, choice, random: () => jitter.number() });
  }

  private leaf(): Store {
    const { seed, site, clock } = this;
    const index = this.faulty.length;
    const choice = choicesOf(seed, `store ${index}`);
    const inspector = new Inspector(site.truth.bind(site, index));
    this.inspectors.push(inspector);
    // A look costs little in memory, and real I/O elsewhere.
    const looks = { memory: 1, file: 0.1, s3: 0.03 }[site.kind];
    const onStep = async (): Promise<void> => {
      this.steps.next();
      if (choice.chance(Math.min(looks, MOST_LOOKED_AT / inspector.objects)))
        await inspector.look().catch((error: unknown) => (this.problem ??= error));
    };
    const watched = new CountingStore(new WatchedStore(site.newStore(), onStep, this.real), this.real);
    const repeating = new RepeatingStore(watched, choice, choice.of([0, 0.1, 0.4]), clock);
    const { rules } = this.faults;
    const faulty = new FaultStore(repeating, { seed: choice.below(2 ** 32), faults: rules, clock });
    this.repeating.push(repeating);
    this.faulty.push(faulty);
    return new CountingStore(faulty, this.open);
  }

  private explains({ code }: StorageError): boolean {
    const { rules, lies } = this.faults;
    if (this.site.codes.includes(code)) return true;
    if (code === "INTEGRITY") return lies;
    if (code === "TIMEOUT" && (this.managers.options.timeout ?? Infinity) < PAUSE) return true;
    return rules.length > 0 && ["UNAVAILABLE", "THROTTLED", "TIMEOUT"].includes(code);
  }

  /** Gives the I/O of a close, which is not counted, real time first: a close has a time limit, and nothing else waits. */
  private async driveClose(done: Promise<unknown>): Promise<void> {
    let over = false;
    const end = (): void => void (over = true);
    done.then(end, end);
    const isOver = (): boolean => over;
    for (let waited = 0; !isOver() && waited < CLOSE_WAIT; waited++) await realDelay(1);
    await this.drive(done);
  }

  /** Lets time pass until something is done. */
  private async drive(done: Promise<unknown>): Promise<void> {
    let over = false;
    const end = (): void => void (over = true);
    done.then(end, end);
    await this.passUntil(() => over, Infinity);
    await done;
  }

  /** Lets up to so many ms pass until something is so; whether it came to that. */
  private async passUntil(isSo: () => boolean, most: number): Promise<boolean> {
    const { time, calls } = this;
    const jumps = choicesOf(this.seed, "clock");
    const realBegin = performance.now();
    const begin = time?.passed ?? 0;
    let stuckSince = realBegin;
    let usage = process.cpuUsage();
    for (let idle = 0; !isSo();) {
      await turn();
      if (this.problem !== undefined) throw this.problem as Error;
      calls.assertAbortsHeeded();
      if (performance.now() - realBegin > MOST_REAL_TIME) throw new Violation("the case takes too long");
      if (time === undefined) {
        if (performance.now() - realBegin > most) return false;
        if (!calls.waitsForAbort) await realDelay(1);
        continue;
      }
      idle = this.real.calls > 0 || calls.waitsForAbort ? 0 : idle + 1;
      if (idle < IDLE_TURNS) continue;
      idle = 0;
      const worked = process.cpuUsage(usage).user;
      usage = process.cpuUsage();
      if (worked > WORK) continue;
      if (jumps.chance(0.05)) time.jump((jumps.number() - 0.5) * 1e8);
      if (await time.toNextTimer(begin + most - time.passed)) stuckSince = performance.now();
      else if (most !== Infinity) return isSo();
      // What is not counted may be real I/O.
      else if (performance.now() - stuckSince > MOST_REAL_WAIT) {
        throw new Violation("nothing goes on any more, and nothing would wake it");
      }
    }
    return true;
  }

  /** Ends all that goes wrong, and waits for what goes on behind calls that have ended. */
  private async calm(): Promise<void> {
    for (const store of this.faulty) store.active = false;
    for (const store of this.repeating) store.active = false;
    await this.drive(this.site.calm());
    await this.drive(Promise.all(this.repeating.map((store) => store.settled())));
    const isQuiet = (): boolean =>
      this.open.calls === 0 && this.real.calls === 0 && (this.time === undefined || this.time.pending === 0);
    if (!(await this.passUntil(isQuiet, MOST_AFTERWARDS))) {
      const timers = this.time?.pending ?? 0;
      throw new Violation(`${this.open.calls} calls below and ${timers} timers go on, although all calls have ended`);
    }
    await this.drive(
      new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.time === undefined ? 20 : PAUSE)),
    );
  }

  private async assertResolves(manager: StorageManager, isDue: (ticket: Ticket) => boolean): Promise<void> {
    for (const ticket of this.tickets) {
      if (ticket.message.isReleased || !isDue(ticket)) continue;
      const value = await this.hydrate(ticket, manager);
      ticket.message.assertSame(value, "hydrate without faults");
    }
  }

  private async hydrate({ json }: Ticket, manager: StorageManager): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await manager.hydrate(json === undefined ? undefined : (JSON.parse(json) as unknown));
      } catch (error) {
        // A busy machine may be too slow for an impatient client; so may a breaker that lets one read through at a time.
        const isImpatient = this.inRealTime || (this.managers.consumerOptions.timeout ?? Infinity) < PAUSE;
        const mayTryAgain = isImpatient && isStorageError(error) && error.retryable && attempt < MOST_ATTEMPTS;
        if (!mayTryAgain)
          throw new Violation(`a returned reference does not resolve: ${String(error)}`, { cause: error });
      }
    }
  }

  private async assertResolvesElsewhere(stores: readonly Store[], isDue: (ticket: Ticket) => boolean): Promise<void> {
    const rest = stores.map((bare) => new CountingStore(bare, this.real));
    const store = this.compose(this.setup, () => rest.shift()!);
    const manager = new StorageManager({ ...this.managers.options, timeout: undefined, store });
    await this.assertResolves(manager, isDue);
    for (const bare of stores) await new Inspector(() => bare).look();
  }

  private async assertVisible(): Promise<void> {
    const looks = Promise.all(this.inspectors.map((inspector) => inspector.look()));
    await this.drive(looks);
    const parts = (await looks).flat().filter((path) => path.endsWith(".part"));
    if (parts.length === 0 || this.removalsFail()) return;
    throw new Violation(`a temporary object is left: ${parts[0]!}`);
  }

  private removalsFail(): boolean {
    const struck = this.faulty.flatMap(({ injected }) => injected).map(({ operation }) => operation);
    return this.site.removalsFail || struck.includes("delete") || this.repeating.some(({ repeated }) => repeated > 0);
  }

  private assertNothingLeft(timers: TimerWatch | undefined): void {
    const { calls, bodies, listings } = this.open;
    const left = {
      calls,
      bodies,
      listings,
      "real calls": this.real.calls,
      timers: timers?.pending ?? this.time!.pending,
    };
    for (const [what, count] of Object.entries(left)) {
      if (count > 0) throw new Violation(`at the end ${count} ${what} are left`);
    }
  }
}
