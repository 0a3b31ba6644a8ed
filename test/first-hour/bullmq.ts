// A large job goes through BullMQ, its result too: Redis keeps neither.
import assert from "node:assert/strict";
import { Queue, QueueEvents, Worker } from "bullmq";
import { MemoryStore, StorageManager } from "coatcheck";
import { bullmqOffload } from "coatcheck/bullmq";

const connection = { url: process.env["REDIS_URL"] ?? "redis://localhost" };
const name = `orders-${process.pid}`;
const manager = new StorageManager({ store: new MemoryStore() });
const offload = bullmqOffload({ manager, over: 4096, ttl: 14 * 24 * 60 * 60 * 1000 });

const queue = new Queue(name, { connection });
const events = new QueueEvents(name, { connection });
const worker = new Worker(
  name,
  offload.processor(async ({ data }) => Promise.resolve({ text: (data as { text: string }).text.toUpperCase() })),
  { connection },
);

const job = await offload.add(queue, "shout", { text: "a long line\n".repeat(100_000) });
await job.waitUntilFinished(events);
const stored = await queue.getJob(job.id!);
assert.ok(JSON.stringify([stored!.data, stored!.returnvalue]).length < 3000);
assert.deepEqual(await offload.returnValue(stored!), { text: "A LONG LINE\n".repeat(100_000) });

await worker.close();
await events.close();
await queue.obliterate({ force: true });
await queue.close();
