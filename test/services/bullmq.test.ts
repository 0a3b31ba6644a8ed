import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { FlowProducer, Queue, QueueEvents, Worker, type Job, type Processor } from "bullmq";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { bullmqOffload, type BullOptions } from "../../src/adapters/bullmq.js";
import { bigJson, pathsIn } from "../adapters/messages/messages.js";
import { newPrefix, redisUrl } from "./redis.js";

const big = JSON.parse(bigJson(300_000)) as { type: string; text: string };
const connection = { url: redisUrl() };

/** BullMQ on a queue of its own. */
class Bull implements AsyncDisposable {
  readonly name = newPrefix();
  readonly queue = new Queue(this.name, { connection });
  readonly events = new QueueEvents(this.name, { connection });
  readonly flows = new FlowProducer({ connection });
  readonly workers: Worker[] = [];

  work(processor: Processor, name = this.name): void {
    this.workers.push(new Worker(name, processor, { connection }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.workers, this.events, this.flows].map((part) => part.close()));
    await this.queue.obliterate({ force: true });
    await this.queue.close();
  }
}

function offloading(options: Partial<BullOptions> = {}) {
  const store = new MemoryStore();
  const offload = bullmqOffload({ manager: new StorageManager({ store }), retention: "settle", ...options });
  return { store, offload };
}

it("carries large jobs and results through Redis as small ones, and deletes them with their job", async () => {
  await using bull = new Bull();
  const { store, offload } = offloading();
  await bull.events.waitUntilReady();
  offload.settleOn(bull.events);
  const seen: unknown[] = [];
  bull.work(offload.processor((job) => (seen.push(job.data), Promise.resolve(big))));
  const kept = await offload.add(bull.queue, "import", big);
  const returned: unknown = await kept.waitUntilFinished(bull.events, 25_000);
  expect(seen).toEqual([big]);
  expect(JSON.stringify([kept.data, returned]).length).toBeLessThan(4096);
  const stored = (await bull.queue.getJob(kept.id!))!;
  expect(await offload.returnValue(stored)).toEqual(big);
  expect(await pathsIn(store)).toHaveLength(2);
  await stored.remove();
  while ((await pathsIn(store)).length > 0) await delay(20);
});

it("deletes with a job that is removed when it completes", async () => {
  await using bull = new Bull();
  const { store, offload } = offloading();
  await bull.events.waitUntilReady();
  offload.settleOn(bull.events);
  bull.work(offload.processor((job) => Promise.resolve((job.data as typeof big).text.length)));
  await offload.addBulk(bull.queue, [
    { name: "import", data: big, opts: { removeOnComplete: true } },
    { name: "import", data: { ...big, type: "other" }, opts: { removeOnComplete: true } },
  ]);
  await once(bull.events, "drained");
  expect(await bull.queue.getJobCounts("active", "completed", "failed")).toMatchObject({ failed: 0 });
  while ((await pathsIn(store)).length > 0) await delay(20);
});

it("retries a job with its data, and fails one at once that can't be opened", async () => {
  await using bull = new Bull();
  const { store, offload } = offloading();
  await bull.events.waitUntilReady();
  offload.settleOn(bull.events);
  let tries = 0;
  bull.work(
    offload.processor(async (job) => {
      expect(job.data).toEqual(big);
      if (++tries < 3) throw new Error("again");
      await job.updateData({ ...big, type: "next" });
      return tries;
    }),
  );
  const job = await offload.add(bull.queue, "import", big, { attempts: 3 });
  expect(await job.waitUntilFinished(bull.events, 25_000)).toBe(3);
  const stored = (await bull.queue.getJob(job.id!))!;
  expect(JSON.stringify(stored.data).length).toBeLessThan(4096);

  for (const path of await pathsIn(store)) await store.delete(path, {});
  const lost = await bull.queue.add("import", stored.data, { attempts: 3 });
  await expect(lost.waitUntilFinished(bull.events, 25_000)).rejects.toThrow("no such object");
  expect((await bull.queue.getJob(lost.id!))!.attemptsMade).toBe(1);
});

it("gives a parent what its children returned", async () => {
  await using bull = new Bull();
  const { offload } = offloading();
  const results: unknown[] = [];
  bull.work(
    offload.processor(async (job) => {
      if (job.name === "leaf") return { ...big, leaf: job.data };
      results.push(...Object.values(await offload.childrenValues(job as Job)), job.data);
      return undefined;
    }),
  );
  await bull.events.waitUntilReady();
  const flow = { name: "root", queueName: bull.name, data: big };
  const leaves = [{ name: "leaf", queueName: bull.name, data: big }];
  const { job } = await bull.flows.add(await offload.flow({ ...flow, children: leaves }));
  await job.waitUntilFinished(bull.events, 25_000);
  expect(results).toEqual([{ ...big, leaf: big }, big]);
});
