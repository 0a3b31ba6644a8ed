import { EventEmitter } from "node:events";
import { StorageManager } from "../../../src/index.js";
import { hatchetMiddleware, jobsOffload, openParent, type JobsOptions } from "../../../src/adapters/jobs.js";
import { packValue } from "../../../src/adapters/messages.js";
import { FaultStore } from "../../../src/testing/index.js";
import { turn } from "../../support/turn.js";
import { pathsIn } from "../messages/messages.js";
import { setUp } from "../temporal/temporal.js";

// The queues themselves are in test/services/jobs.test.ts: they need a newer Node.
const big = { id: 7, text: "abc".repeat(100_000), note: "small" };
const DAY = 86_400_000;

function offloading(options: Partial<JobsOptions> = {}) {
  const made = setUp();
  return { ...made, offload: jobsOffload({ manager: made.manager, ttl: DAY, ...options }) };
}

/** As `jsonb` of PostgreSQL gives it back: the shortest keys first. */
function jsonb<T>(value: T): T {
  const entries = Object.entries(value as object).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as T;
}

it("packs what is large, and gives it whole to the handlers of each queue", async () => {
  const { offload, store } = offloading();
  const small = { a: 1 };
  expect(await offload.packData(small)).toBe(small);
  const packed = jsonb(await offload.packData(big));
  expect(JSON.stringify(packed).length).toBeLessThan(1000);
  expect((await pathsIn(store))[0]).toMatch(/^outputs\/jobs\/@/);
  expect(await offload.openData(packed)).toEqual(big);

  const task = offload.task((order: typeof big, helpers: { job: string }) => [order, helpers]);
  expect(await task(packed, { job: "1" })).toEqual([big, { job: "1" }]);
  const work = offload.work((jobs: { id: string; data: typeof big }[], tx: string) => Promise.resolve([jobs, tx]));
  expect(await work([{ id: "1", data: packed }], "tx")).toEqual([[{ id: "1", data: big }], "tx"]);
  const job = {
    attrs: { name: "order", data: packed },
    stored: undefined as unknown,
    save() {
      this.stored = this.attrs.data;
    },
  };
  const replaced = offload.define((given: typeof job) => {
    given.attrs.data = { ...big, id: 8 };
    given.save();
    return [given.attrs.data, given.stored];
  });
  expect(await replaced({ ...job, attrs: { ...job.attrs } })).toEqual([
    { ...big, id: 8 },
    { ...big, id: 8 },
  ]);
  const define = offload.define((given: typeof job) => {
    given.attrs.name = "renamed";
    given.save();
    return [given.attrs.data, given.attrs.name, given.stored];
  });
  expect(await define(job)).toEqual([big, "renamed", packed]);
  expect(job).toMatchObject({ stored: packed, attrs: { name: "renamed", data: packed } });
});

it("fails a job that can't be opened, and passes over one that was processed before where that is asked for", async () => {
  const { offload, manager } = offloading();
  const packed = await offload.packData(big);
  await manager.release("jobs");
  const handler = jest.fn(() => Promise.resolve(1));
  await expect(offload.task(handler)(packed)).rejects.toMatchObject({ code: "NOT_FOUND", disposition: "reject" });
  await expect(offload.work(handler)([{ data: packed }])).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(offload.define(handler)({ attrs: { data: packed } })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(handler).not.toHaveBeenCalled();
  const again = jobsOffload({ manager, ttl: DAY, missing: "ack" });
  expect(await again.task(handler)(packed)).toBeUndefined();
  expect(await again.define(handler)({ attrs: { data: packed } })).toBeUndefined();
  expect(await again.work((jobs) => Promise.resolve(jobs))([{ data: packed }])).toEqual([]);
});

it("settles what graphile-worker has deleted from its table, and nothing else", async () => {
  const { offload, store, manager } = offloading({ retention: "settle" });
  const [first, second] = [await offload.packData(big), await offload.packData({ ...big, id: 8 })];
  const events = new EventEmitter();
  offload.settleOn(events);
  events.emit("job:complete", { job: { payload: second }, error: new Error("failed") });
  events.emit("job:complete", { job: { payload: { small: 1 } }, error: undefined });
  events.emit("job:complete", { job: { payload: first }, error: null });
  while ((await pathsIn(store)).length > 1) await turn();
  expect(await offload.openData(second)).toMatchObject({ id: 8 });

  const failing = new FaultStore(store, { faults: [{ on: ["list", "delete"], fault: { error: "UNAVAILABLE" } }] });
  const other = jobsOffload({ manager: new StorageManager({ store: failing }), retention: "settle" });
  const told = new Promise((resolve) => other.settleOn(events, resolve));
  events.emit("job:complete", { job: { payload: second }, error: undefined });
  expect(await told).toMatchObject({ code: "UNAVAILABLE" });
  const expiring = new EventEmitter();
  jobsOffload({ manager, ttl: DAY }).settleOn(expiring);
  expect(expiring.eventNames()).toEqual([]);
  expect(() => jobsOffload({ manager, ttl: DAY, hint: "x" } as never)).toThrow(/hint/);
});

it("opens inputs and packs outputs of Hatchet's tasks as its worker asks for it", async () => {
  const { manager, store } = setUp();
  const { before, after } = hatchetMiddleware({ manager, over: 65_536, ttl: DAY });
  const context = { workflowRunId: () => "run/1", parentOutput: (task: string) => Promise.resolve(outputs[task]) };
  const outputs: Record<string, unknown> = {};
  /** What its worker does, in that order: lays one over the other, and takes what is not undefined. */
  const run = async (input: Record<string, unknown>, task: (input: unknown) => object): Promise<object> => {
    const extra = await before(input, context);
    const output = task(extra === undefined ? input : { ...input, ...extra });
    return (await after(output, context)) ?? output;
  };
  const input = JSON.parse(JSON.stringify(await packValue(manager, big, { over: 1000 }))) as Record<string, unknown>;
  outputs["first"] = await run(input, (given) => ({ given }));
  expect(JSON.stringify(outputs["first"]).length).toBeLessThan(1000);
  expect((await pathsIn(store)).some((path) => path.startsWith("outputs/hatchet/run%2F1/@"))).toBe(true);
  expect(await openParent(manager, context, "first")).toEqual({ given: big });
  const small = { a: 1 };
  expect(await run(small, (given) => given as object)).toBe(small);
  expect(() => hatchetMiddleware({ manager, ovr: 1 } as never)).toThrow(/ovr/);
});
