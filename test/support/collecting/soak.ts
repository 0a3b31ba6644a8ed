import { isStorageError } from "../../../src/errors/error.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { ListOptions, ObjectInfo, StoreBody, WriteOptions } from "../../../src/store/store.js";
import { FaultStore, type FaultRule } from "../../../src/testing/index.js";
import { RandomChoice } from "../fault-run/random-choice.js";
import { longText } from "../payloads.js";
import { turn } from "../turn.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TTL = 3 * HOUR;
const MARGIN = 30 * MINUTE;
const TIMEOUT = 10 * MINUTE;
const READERS = ["billing", "mail", "search", "stock"];
const WRITERS = 8;

// What a service does now and then: before, during and after. A reader or a collector that meets it comes again.
const FAULTS: readonly FaultRule[] = [
  { rate: 0.02, fault: { error: "UNAVAILABLE" } },
  { rate: 0.01, when: "after", fault: { error: "TIMEOUT" } },
  { rate: 0.02, fault: { lostAcknowledgement: true } },
  { on: ["write", "read"], rate: 0.01, when: "during", fault: { error: "UNAVAILABLE" } },
  { on: "list", rate: 0.02, fault: { partialList: true, error: "UNAVAILABLE" } },
];

/** Lists one scope without a look at all the others: most of what a soak asks for. */
class IndexedStore extends MemoryStore {
  private readonly scopes = new Map<string, Set<string>>();

  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    const info = await super.write(path, body, options);
    const scope = scopeOf(path);
    this.scopes.set(scope, (this.scopes.get(scope) ?? new Set()).add(path));
    return info;
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    if (prefix.split("/").length < 4) return yield* super.list(prefix, options);
    const scope = scopeOf(prefix);
    for (const path of [...(this.scopes.get(scope) ?? [])].sort()) {
      const info = path.startsWith(prefix) ? await this.stat(path) : undefined;
      if (info !== undefined) yield info;
      else if (path.startsWith(prefix)) this.scopes.get(scope)!.delete(path);
    }
    if (this.scopes.get(scope)?.size === 0) this.scopes.delete(scope);
  }
}

/** Prefix, and the two segments of a scope. */
const scopeOf = (path: string): string => path.split("/", 3).join("/");

/** A message, as each reader gets it. */
interface Message {
  readonly scope: string;
  readonly value: unknown;
  readonly texts: readonly string[];
  /** Until when it is promised to be good. */
  readonly until: number;
}

/** What a soak saw. */
export interface SoakReport {
  /** Calls: writes, deliveries, what readers say, passes. */
  events: number;
  written: number;
  read: number;
  /** Passes that deleted something. */
  passes: number;
  /** What failed by a fault, and was tried again. */
  faults: number;
  /** References that were neither done with nor over, and led to nothing. */
  dangling: string[];
  /** Objects that are left after the drain, and belong to no payload any more. */
  left: string[];
}

/**
 * Lets 8 writers, 4 readers that say twice that they are done, and 2 collectors work on one store that fails now and then,
 * each at its own pace. Some messages are read shortly before they are over. A few readers die and never say so. Then the queues are drained, and all that is left is over.
 *
 * @param events how many, at the least
 */
export async function soak(events: number, seed: number): Promise<SoakReport> {
  return new Soak(events, seed).run();
}

class Soak {
  private readonly memory = new IndexedStore();
  private readonly store: FaultStore;
  private readonly queues = READERS.map((): Message[] => []);
  private readonly report: SoakReport;
  private time = Date.now();
  private areWriting = true;

  constructor(
    private readonly events: number,
    private readonly seed: number,
  ) {
    this.store = new FaultStore(this.memory, { seed, faults: FAULTS });
    this.report = { events: 0, written: 0, read: 0, passes: 0, faults: 0, dangling: [], left: [] };
  }

  async run(): Promise<SoakReport> {
    const writers = Array.from({ length: WRITERS }, (_, index) => this.write(index));
    const others = [...READERS.map((_, index) => this.readAll(index)), this.collectAll(0), this.collectAll(1)];
    await Promise.all(writers);
    this.areWriting = false;
    await Promise.all(others);
    this.report.faults = this.store.injected.length;
    this.store.active = false;
    this.time += TTL + HOUR + 2 * MARGIN;
    const drain = this.manager(0);
    while ((await drain.collect({ all: true })).deleted > 0);
    for await (const { path } of this.memory.list("")) {
      if (!path.endsWith("/collector")) this.report.left.push(path);
    }
    return this.report;
  }

  /** @param offset ms that the clock of the process is off */
  private manager(offset: number, pack = false): StorageManager {
    const clock = {
      now: () => this.time + offset,
      setTimeout: () => undefined,
      clearTimeout: () => undefined,
    };
    return new StorageManager({
      ...{ store: this.store, timeout: TIMEOUT, maxInlineSize: 64, concurrency: 4 },
      ...(pack ? {} : { pack: false }),
      retention: { ttl: TTL, margin: MARGIN, gcInterval: 0, minAge: MINUTE, maxScan: 300, clock },
    });
  }

  private async write(index: number): Promise<void> {
    const choice = new RandomChoice(this.seed * 31 + index);
    const manager = this.manager(0, index % 2 === 0);
    for (let count = 0; this.report.events < this.events; count++) {
      this.time += choice.below(200) * SECOND;
      const scope = `order/${index}-${count}`;
      const texts = Array.from({ length: 1 + choice.below(3) }, (_, i) => longText(`${scope} ${i} `, 100));
      const until = this.time + TTL - TIMEOUT;
      const value = await this.attempt(() => manager.dehydrate(texts, { scope }));
      // Without a message nobody knows of it, and it ends by its age.
      if (value !== undefined) {
        this.report.written++;
        for (const queue of this.queues) queue.push({ scope, value, texts, until });
      }
      // Not more than readers can deal with in time.
      do await turn();
      while (this.queues.some((queue) => queue.length > 20));
    }
  }

  private async readAll(index: number): Promise<void> {
    const choice = new RandomChoice(this.seed * 37 + index);
    const manager = this.manager(0);
    const queue = this.queues[index]!;
    const late: Message[] = [];
    while (this.areWriting || queue.length > 0 || late.length > 0) {
      const isLate = late.length > 0 && (!this.areWriting || this.time >= late[0]!.until - 5 * MINUTE);
      if (isLate) queue.push(late.shift()!);
      // Some as late as may be.
      else if (queue.length > 0 && choice.chance(0.05)) late.push(queue.pop()!);
      // The others in any order.
      const [message] = queue.splice(choice.below(queue.length), 1);
      if (message !== undefined && !(await this.deliver(message, READERS[index]!, manager, choice)))
        queue.push(message);
      await turn();
    }
  }

  /** @returns whether the message need not come again */
  private async deliver(
    message: Message,
    reader: string,
    manager: StorageManager,
    choice: RandomChoice,
  ): Promise<boolean> {
    const { scope, value, texts, until } = message;
    this.report.events++;
    try {
      const read = await manager.hydrate(value);
      if (JSON.stringify(read) !== JSON.stringify(texts)) throw new Error(`Another payload came back of ${scope}.`);
      this.report.read++;
    } catch (error) {
      if (isFault(error)) return false;
      if (!isStorageError(error)) throw error;
      if (this.time < until) this.report.dangling.push(`${scope}: ${error.code}`);
      return true;
    }
    if (choice.chance(0.02)) return true; // dies, and says nothing
    for (let times = 0; times < 2;) {
      const done = await this.attempt(() => manager.done(scope, reader, { readers: READERS }));
      if (done !== undefined) times++;
    }
    return true;
  }

  private async collectAll(index: number): Promise<void> {
    const choice = new RandomChoice(this.seed * 41 + index);
    // One is as far ahead of the writers as it may be.
    const manager = this.manager(index * MARGIN);
    while (this.areWriting) {
      const report = await this.attempt(() => manager.collect());
      if (report !== undefined && report.deleted > 0) this.report.passes++;
      for (let turns = choice.below(40); turns > 0; turns--) await turn();
    }
  }

  private async attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    this.report.events++;
    try {
      return await act();
    } catch (error) {
      if (!isFault(error)) throw error;
      return undefined;
    }
  }
}

function isFault(error: unknown): boolean {
  return isStorageError(error) && error.retryable;
}
