import { EventEmitter } from "node:events";
import type { FlowJob, Job, JobsOptions, Queue, QueueEvents } from "bullmq";
import { MemoryStore, StorageManager, type Store } from "../../../src/index.js";
import { bullmqOffload, type BullOptions } from "../../../src/adapters/bullmq.js";
import { FaultStore } from "../../../src/testing/index.js";
import { turn } from "../../support/turn.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// Stand-ins of the client's own types, for what a server could not be made to do. BullMQ itself, with a Redis, is in
// test/services/bullmq.test.ts.
const big = JSON.parse(bigJson(100_000)) as { type: string; text: string };

/** Keeps jobs as JSON, as Redis does. */
class StandIn {
  readonly name = "orders";
  readonly jobs = new Map<string, string>();
  readonly added: JobsOptions[] = [];
  readonly events = Object.assign(new EventEmitter(), {
    name: this.name,
    getBackend: () => ({ getJobData: (id: string) => Promise.resolve(this.jobs.get(id)) }),
  });

  add(name: string, data: unknown, opts: JobsOptions = {}): Promise<Job> {
    const id = opts.deduplication === undefined ? (opts.jobId ?? `${this.jobs.size + 1}`) : "first";
    this.added.push(opts);
    this.jobs.set(id, JSON.stringify(data ?? {}));
    return Promise.resolve(this.job(id, name, opts));
  }

  addBulk(jobs: { name: string; data: unknown; opts: JobsOptions }[]): Promise<Job[]> {
    return Promise.all(jobs.map(({ name, data, opts }) => this.add(name, data, opts)));
  }

  job(id: string, name = "import", opts: JobsOptions = {}): Job {
    const updateData = (data: unknown) => Promise.resolve(this.jobs.set(id, JSON.stringify(data)));
    const data = JSON.parse(this.jobs.get(id)!) as unknown;
    return { id, name, opts, data, queueName: this.name, updateData } as unknown as Job;
  }
}

function setUp(options: Partial<BullOptions> = {}, store: Store = new MemoryStore()) {
  const manager = new StorageManager({ store });
  const offload = bullmqOffload({ manager, retention: "settle", ...options });
  const standIn = new StandIn();
  const events = standIn.events as unknown as QueueEvents;
  return { manager, store, offload, standIn, queue: standIn as unknown as Queue, events };
}

describe("add", () => {
  it("adds what fits as it is, and what does not as 64 KiB of JSON or less, with the user's options", async () => {
    const { offload, standIn, queue } = setUp();
    const small = { a: undefined, at: new Date(0) };
    await offload.add(queue, "small", small, { priority: 3 });
    expect([standIn.added[0], standIn.jobs.get("1")]).toEqual([{ priority: 3 }, JSON.stringify(small)]);
    await offload.add(queue, "none", undefined);
    const job = await offload.add(
      queue,
      "large",
      { ...big, many: Array.from({ length: 9000 }, (_, i) => i) },
      { delay: 5 },
    );
    expect(standIn.added[2]).toEqual({ delay: 5, jobId: job.id });
    expect(standIn.jobs.get(job.id!)!.length).toBeLessThanOrEqual(65_536);
  });

  it("leaves an id as it is, and gives none to jobs whose objects end by age", async () => {
    const { offload, standIn, queue } = setUp();
    await offload.add(queue, "large", big, { jobId: "mine" });
    await setUp({ retention: "expire", ttl: 86_400_000 }).offload.add(queue, "large", big);
    expect(standIn.added).toEqual([{ jobId: "mine" }, {}]);
  });

  it("keeps nothing of a job that another stands for", async () => {
    const { offload, queue, store } = setUp();
    await offload.add(queue, "large", big, { deduplication: { id: "x" } });
    await offload.addBulk(queue, [{ name: "large", data: big, opts: { deduplication: { id: "x" } } }]);
    expect(await pathsIn(store)).toEqual([]);
  });

  it("takes over and limit, also where nothing fits", async () => {
    const { offload, standIn, queue } = setUp({ over: 10, limit: 2048 });
    const job = await offload.add(queue, "large", big);
    expect(standIn.jobs.get(job.id!)!.length).toBeLessThanOrEqual(2048);
    expect(() => setUp({ over: "1" as unknown as number })).toThrow("over: must be a number");
    expect(() => setUp({ retention: { consumers: ["a"] } })).toThrow("a job has one worker");
  });
});

describe("processor", () => {
  it("hands over whole jobs, and keeps what is stored packed", async () => {
    const { offload, standIn, queue } = setUp();
    const { id } = await offload.add(queue, "large", big);
    const stored = standIn.job(id!);
    const next = { ...big, type: "next" };
    const seen: unknown[] = [];
    const result = (await offload.processor<unknown, unknown>(async (job) => {
      seen.push(job.data, job.id, job.name, job.constructor);
      await job.updateData(next);
      seen.push(job.data);
      job.data = "own";
      job.progress = 7;
      return [job.data, big];
    })(stored)) as unknown;
    expect(seen).toEqual([big, id, "import", Object, next]);
    expect([(stored.data as object) === big, stored.progress]).toEqual([false, 7]);
    expect(standIn.jobs.get(id!)!.length).toBeLessThan(1000);
    expect(JSON.stringify(result).length).toBeLessThan(1000);
    expect(await offload.returnValue({ returnvalue: result } as never)).toEqual(["own", big]);
    const again = offload.processor((job) => Promise.resolve(job.data));
    expect(await again(standIn.job(id!))).toMatchObject({ type: "next" });
  });

  it("fails without a retry when a job can't be opened, and with one when the store does not answer", async () => {
    const inner = new MemoryStore();
    const { offload, standIn, queue, manager } = setUp({}, inner);
    const { id } = await offload.add(queue, "large", big);
    const handler = () => Promise.reject(new Error("never called"));
    const busy = new FaultStore(inner, { faults: [{ on: ["read"], fault: { error: "UNAVAILABLE" } }] });
    await expect(setUp({}, busy).offload.processor(handler)(standIn.job(id!))).rejects.toMatchObject({
      name: "MessageError",
      disposition: "retry",
    });
    await expect(offload.processor(handler)(standIn.job(id!), "token", AbortSignal.abort())).rejects.toMatchObject({
      code: "ABORTED",
    });
    await manager.release("bull");
    await expect(offload.processor(handler)(standIn.job(id!))).rejects.toMatchObject({
      name: "UnrecoverableError",
      cause: { code: "NOT_FOUND" },
    });
    expect(await setUp({ missing: "ack" }, inner).offload.processor(handler)(standIn.job(id!))).toBeUndefined();
  });

  it("puts the result of a child where its parent's data is", async () => {
    const { offload, standIn, queue, manager, store } = setUp();
    await offload.add(queue, "small", 1);
    const child = Object.assign(standIn.job("1"), { parent: { id: "p", queueKey: "bull:parents" } });
    const returned = (await offload.processor(() => Promise.resolve(big))(child)) as unknown;
    const parent = {
      getChildrenValues: () => Promise.resolve({ "bull:orders:1": returned, other: 2 }),
    } as unknown as Job;
    expect(await offload.childrenValues(parent)).toEqual({ "bull:orders:1": big, other: 2 });
    expect(await offload.childrenValues({ getChildrenValues: () => Promise.resolve(undefined) } as never)).toEqual({});
    await manager.release("bull/parents/p");
    expect(await pathsIn(store)).toEqual([]);
  });
});

describe("flow", () => {
  it("packs every job in it", async () => {
    const { offload } = setUp();
    const flow: FlowJob = {
      name: "root",
      queueName: "roots",
      data: big,
      children: [
        { name: "leaf", queueName: "leaves", data: big, opts: { priority: 1, jobId: "leaf" } },
        { name: "none", queueName: "leaves" },
      ],
    };
    const packed = await offload.flow(flow);
    expect(JSON.stringify(packed).length).toBeLessThan(2000);
    expect(packed).toMatchObject({
      opts: { jobId: expect.any(String) as string },
      children: [{ opts: { priority: 1, jobId: "leaf" } }, { name: "none", queueName: "leaves" }],
    });
    expect(packed.children![1]).toEqual({ name: "none", queueName: "leaves" });
    expect(packed.children![0]!.data).not.toEqual(big);
  });
});

describe("settleOn", () => {
  it("deletes what a job leads to when the job is gone, and not before", async () => {
    const { offload, standIn, queue, events, store } = setUp();
    offload.settleOn(events);
    const { id } = await offload.add(queue, "large", big);
    await offload.add(queue, "large", big, { jobId: "other" });
    standIn.events.emit("completed", { jobId: id });
    standIn.events.emit("failed", { jobId: id });
    for (let i = 0; i < 20; i++) await turn();
    expect(await pathsIn(store)).toHaveLength(2);
    standIn.jobs.delete(id!);
    standIn.events.emit("removed", { jobId: id });
    while ((await pathsIn(store)).length > 1) await turn();
    expect((await pathsIn(store))[0]).toContain("/other/");
  });

  it("tells of what it can't delete, and does nothing where objects end by age", async () => {
    const busy = new FaultStore(new MemoryStore(), { faults: [{ on: ["list"], fault: { error: "UNAVAILABLE" } }] });
    const { offload, standIn, events } = setUp({}, busy);
    offload.settleOn(events);
    const failed = new Promise((resolve) => standIn.events.once("error", resolve));
    standIn.events.emit("removed", { jobId: "1" });
    expect(await failed).toMatchObject({ code: "UNAVAILABLE" });
    const other = setUp({ retention: "expire", ttl: 86_400_000 });
    other.offload.settleOn(other.events);
    expect(other.standIn.events.eventNames()).toEqual([]);
  });
});
