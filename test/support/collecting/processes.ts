import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { CollectReport } from "../../../src/maintain/collect/report.js";
import type { Store } from "../../../src/store/store.js";
import { FakeClock } from "../../../src/testing/fake-clock.js";
import { storageError } from "../../store/storage-error.js";
import { BundledProgram } from "../bundled-program.js";
import { longText } from "../payloads.js";
import { startCollecting, type CollectingProcess } from "./child-process.js";
import type { Answer, ChildOptions, StoreSpec } from "./collecting-child.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TTL = 3 * HOUR;

/** A store of a test, empty, which processes open too. */
export interface SharedStore {
  readonly spec: StoreSpec;
  readonly store: Store;
}

/** Processes over stores that several of them can open. */
export class Processes {
  private readonly program = new BundledProgram("test/support/collecting/collecting-child.ts");
  private readonly started: CollectingProcess[] = [];

  constructor(readonly newStore: () => Promise<SharedStore>) {}

  start(spec: StoreSpec, options: Partial<ChildOptions> = {}): CollectingProcess {
    const how = { store: spec, retention: { ttl: TTL, gcInterval: 0 }, ...options };
    const child = startCollecting(this.program.file, how);
    this.started.push(child);
    return child;
  }

  async stop(): Promise<void> {
    await Promise.all(this.started.splice(0).map((one) => one.stop()));
  }

  remove(): void {
    this.program.remove();
  }
}

const texts = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => longText(`${name} ${i} `));

/** A manager of this process, whose clock is that of the machine, and some more. */
function managed(store: Store, offset = 0): StorageManager {
  const clock = new FakeClock(Date.now() + offset);
  return new StorageManager({ store, pack: false, retention: { ttl: TTL, gcInterval: 0, clock } });
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) if (!path.endsWith("/collector")) paths.push(path);
  return paths;
}

/** What happens while a writer is stopped, and what must come of it. */
export interface Stop {
  /** Milliseconds that its clock jumps, and that the collector's is ahead. */
  readonly wall: number;
  readonly collector: number;
  /** Of the call; the writer is stopped for longer. */
  readonly timeout?: number;
  readonly outcome: "hydrates" | "TIMEOUT";
}

/** By name. */
export const STOPS: [string, Stop][] = [
  ["goes on in time, and nobody is late", { wall: 0, collector: 0, outcome: "hydrates" }],
  ["goes on in time, and the collector's clock is ahead", { wall: 0, collector: 59 * 60_000, outcome: "hydrates" }],
  ["sleeps until its label is over", { wall: 6 * HOUR, collector: 6 * HOUR, outcome: "TIMEOUT" }],
  ["sleeps, and its clock is set back", { wall: -DAY, collector: 6 * HOUR, timeout: 300, outcome: "TIMEOUT" }],
];

/** A writer is stopped between its last write and its return, a pass runs, and the writer goes on. */
export async function assertStoppedWriterLosesNothing(processes: Processes, stop: Stop): Promise<void> {
  const { wall, collector, timeout, outcome } = stop;
  const { spec, store } = await processes.newStore();
  const writer = processes.start(spec, timeout === undefined ? {} : { timeout });
  const written = texts("a", 3);
  expect(await writer.tell({ do: "write", scope: "s", texts: written, holds: true })).toBe("held");
  writer.signal("SIGSTOP");
  const { deleted } = await managed(store, collector).collect();
  expect(deleted).toBe(outcome === "hydrates" ? 0 : 3);
  // Nobody can inject the clock that nobody can set.
  if (timeout !== undefined) await new Promise((resolve) => setTimeout(resolve, timeout + 50));
  writer.say({ do: "clock", offset: wall });
  writer.say({ do: "go" });
  writer.signal("SIGCONT");
  const answers: Answer[] = [await writer.answer(), await writer.answer()];
  const answer = answers.find((one) => one !== "held" && ("code" in one || one.value !== undefined));
  if (outcome === "TIMEOUT") {
    expect(answer).toEqual({ code: "TIMEOUT" });
  } else {
    const { value } = answer as { value: unknown };
    expect(await managed(store).hydrate(value)).toEqual(written);
  }
}

/**
 * Collectors are killed, each at another request of a pass. The next pass ends the same.
 *
 * @param deaths before each request is sent and when it is on its way, or one after the other
 */
export async function assertKilledCollectorsLoseNothing(
  processes: Processes,
  deaths: "both" | "in turn",
): Promise<void> {
  const prepare = async () => {
    const shared = await processes.newStore();
    const manager = managed(shared.store);
    await manager.dehydrate(texts("dead", 3), { scope: "s" });
    await manager.dehydrateInputs(texts("dead", 1), { scope: "s" });
    const kept = await manager.dehydrate(texts("kept", 1), { scope: "s", ttl: 30 * HOUR });
    return { ...shared, kept };
  };
  const collect = async (spec: StoreSpec, dies?: ChildOptions["dies"]) => {
    const collector = processes.start(spec, dies === undefined ? {} : { dies });
    await collector.tell({ do: "clock", offset: 6 * HOUR });
    return collector.tell({ do: "collect" }).catch(() => undefined);
  };
  const whole = await prepare();
  const { requests, value } = (await collect(whole.spec)) as { requests: number; value: CollectReport };
  expect(value).toMatchObject({ deleted: 4, kept: { unexpired: 1 }, complete: true });
  // Its place, read and written twice, two listings of five objects, and four deletes.
  expect(requests).toBeGreaterThan(10);
  const left = await pathsOf(whole.store);

  const all = Array.from({ length: requests }, (_, i) => [false, true].map((isSent) => ({ at: i + 1, isSent }))).flat();
  const runs = all.filter(({ at, isSent }) => deaths === "both" || isSent === (at % 2 === 0)).values();
  const worker = async () => {
    for (const dies of runs) {
      const { spec, store, kept } = await prepare();
      expect(await collect(spec, dies)).toBeUndefined();
      await managed(store, 6 * HOUR).collect();
      expect(await pathsOf(store)).toEqual(left);
      expect(await managed(store).hydrate(kept)).toEqual(texts("kept", 1));
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** Two processes collect at once. */
export async function assertTwoCollectorsLoseNothing(processes: Processes): Promise<void> {
  const { spec, store } = await processes.newStore();
  const manager = managed(store);
  await manager.dehydrate(texts("dead", 40), { scope: "s" });
  const kept = await manager.dehydrate(texts("kept", 3), { scope: "s", ttl: 30 * HOUR });
  const both = [processes.start(spec), processes.start(spec)];
  await Promise.all(both.map((one) => one.tell({ do: "clock", offset: 6 * HOUR })));
  const answers = await Promise.all(both.map((one) => one.tell({ do: "collect", options: { all: true } })));
  const reports = answers.map((answer) => (answer as { value: CollectReport }).value);
  for (const report of reports) expect(report).toMatchObject({ failed: 0, problems: [], complete: true });
  expect(reports[0]!.deleted + reports[1]!.deleted).toBeGreaterThanOrEqual(40);
  expect(await pathsOf(store)).toHaveLength(3);
  expect(await managed(store).hydrate(kept)).toEqual(texts("kept", 3));
}

/** The clock of a process that writes and collects is set back and forth by a day, between its calls and within them. */
export async function assertJumpingClockLosesNothing(processes: Processes): Promise<void> {
  const { spec, store } = await processes.newStore();
  const child = processes.start(spec, { retention: { ttl: 3 * DAY, gcInterval: 120_000 } });
  const written: unknown[] = [];
  for (const [index, offset] of [0, -DAY, 0, DAY, -DAY, DAY].entries()) {
    await child.tell({ do: "clock", offset });
    const { value } = (await child.tell({ do: "write", scope: `${index}`, texts: texts("a", 1) })) as {
      value: unknown;
    };
    written.push(value);
    expect(await child.tell({ do: "collect" })).toMatchObject({ value: { skipped: false, deleted: 0, failed: 0 } });
  }
  // In the middle of a call: forth is late, and back is not.
  for (const [offset, expected] of [
    [2 * DAY, { code: "TIMEOUT" }],
    [DAY, { value: expect.anything() as unknown }],
  ] as const) {
    expect(await child.tell({ do: "write", scope: "x", texts: texts(`${offset}`, 1), holds: true })).toBe("held");
    await child.tell({ do: "clock", offset });
    child.say({ do: "go" });
    const answer = await child.answer();
    expect(answer).toMatchObject(expected);
    if (answer !== "held" && "value" in answer) written.push(answer.value);
  }
  for (const one of written) expect(await managed(store).hydrate(one)).toHaveLength(1);
  // The last one was begun two days ahead, to live for three. Its label ends with that day, and the margin comes after it.
  await managed(store, 7 * DAY).collect({ all: true });
  expect(await pathsOf(store)).toEqual([]);
  await expect(managed(store).hydrate(written[0])).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
}
