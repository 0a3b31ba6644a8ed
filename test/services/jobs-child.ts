// Runs the job queues themselves, one after the other, and prints what they gave. They need a newer Node than we do.
import { isDeepStrictEqual } from "node:util";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import { PostgresBackend } from "@agendajs/postgres-backend";
import { Agenda, backoffStrategies } from "agenda";
import { addJobAdhoc, runOnce, Logger } from "graphile-worker";
import { Client } from "pg";
import { PgBoss } from "pg-boss";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { jobsOffload, type JobsOptions } from "../../src/adapters/jobs.js";
import { pathsIn } from "../adapters/messages/messages.js";

const DAY = 86_400_000;
const SIZES = [10, 2000, 100_000, 1_000_000, 5_000_000];
const url = process.env["POSTGRES_URL"]!;
const deliveries = createRequire(import.meta.url)("@octokit/webhooks-examples") as { examples: unknown[] }[];

interface Order {
  step: number;
  text: string;
  delivery: unknown;
}

const orders = SIZES.map((size, step): Order => ({
  step,
  text: "abcdefghij".repeat(size / 10),
  delivery: deliveries[step]!.examples[0],
}));

/** What a queue did with five jobs of 10 B to 5 MB, of which one fails at first. */
interface Outcome {
  same: boolean;
  attempts: number;
  largestRow: number;
  objects: number;
  reads: number;
}

class Watch {
  readonly store = new MemoryStore();
  readonly #got = new Map<number, unknown>();
  #attempts = 0;
  #reads = 0;

  offload(options: Partial<JobsOptions>) {
    const read = this.store.read.bind(this.store);
    this.store.read = (...args) => {
      this.#reads++;
      return read(...args);
    };
    const manager = new StorageManager({ store: this.store, readCache: { maxBytes: 64_000_000 } });
    return jobsOffload({ manager, ttl: DAY, ...options });
  }

  handle(order: Order): void {
    this.#attempts++;
    if (order.step === 3 && !this.#got.has(-1)) {
      this.#got.set(-1, "failed");
      throw new Error("at first");
    }
    this.#got.set(order.step, order);
  }

  get isDone(): boolean {
    return this.#got.size === SIZES.length + 1;
  }

  async outcome(largestRow: number): Promise<Outcome> {
    const objects = (await pathsIn(this.store)).length;
    // Not by their text: jsonb has an order of keys of its own.
    const same = orders.every((order) => isDeepStrictEqual(this.#got.get(order.step), order));
    return { same, attempts: this.#attempts, largestRow, objects, reads: this.#reads };
  }
}

async function until(isDone: () => boolean): Promise<void> {
  for (let tries = 0; !isDone(); tries++) {
    if (tries > 1500) throw new Error("The jobs did not end.");
    await wait(20);
  }
}

async function largest(db: Client, column: string, table: string): Promise<number> {
  const { rows } = await db.query<{ most: number }>(`select max(octet_length(${column}::text)) as most from ${table}`);
  return rows[0]!.most;
}

async function pgBoss(db: Client): Promise<Outcome> {
  const watch = new Watch();
  const offload = watch.offload({});
  const boss = new PgBoss(url);
  await boss.start();
  await boss.createQueue("order");
  for (const order of orders) await boss.send("order", await offload.packData(order), { retryLimit: 2, retryDelay: 0 });
  const options = { batchSize: 1, pollingIntervalSeconds: 0.5 };
  await boss.work<Order>(
    "order",
    options,
    offload.work((jobs) => {
      for (const { data } of jobs) watch.handle(data);
      return Promise.resolve();
    }),
  );
  await until(() => watch.isDone);
  const outcome = await watch.outcome(await largest(db, "data", "pgboss.job"));
  await boss.stop({ graceful: false });
  return outcome;
}

async function graphileWorker(db: Client): Promise<Outcome> {
  const watch = new Watch();
  const offload = watch.offload({ retention: "settle" });
  const settings = { connectionString: url, logger: new Logger(() => () => undefined), events: new EventEmitter() };
  for (const order of orders) await addJobAdhoc(settings, "order", await offload.packData(order));
  const largestRow = await largest(db, "payload", "graphile_worker._private_jobs");
  offload.settleOn(settings.events);
  const taskList = { order: offload.task((order: Order) => watch.handle(order)) };
  await runOnce({ ...settings, taskList });
  // Its own wait between attempts grows from 3 s on.
  await db.query("update graphile_worker._private_jobs set run_at = now()");
  await runOnce({ ...settings, taskList });
  for (let tries = 0; (await watch.outcome(0)).objects > 0 && tries < 100; tries++) await wait(20);
  return watch.outcome(largestRow);
}

async function agenda(db: Client): Promise<Outcome> {
  const watch = new Watch();
  const offload = watch.offload({});
  const queue = new Agenda({ backend: new PostgresBackend({ connectionString: url }), processEvery: 100 });
  queue.on("error", () => undefined);
  queue.define<Order>(
    "order",
    offload.define(async (job) => {
      watch.handle(job.attrs.data);
      await job.touch(1); // writes the job
    }),
    // A job that a listener schedules anew races with the queue's own write of the failed one, and may run twice.
    { backoff: backoffStrategies.constant({ delay: 100, maxRetries: 1 }) },
  );
  await queue.start();
  for (const order of orders) await queue.now("order", await offload.packData(order));
  await until(() => watch.isDone);
  const outcome = await watch.outcome(await largest(db, "data", "agenda_jobs"));
  await queue.stop();
  return outcome;
}

const db = new Client({ connectionString: url });
await db.connect();
const outcomes = { pgBoss: await pgBoss(db), graphileWorker: await graphileWorker(db), agenda: await agenda(db) };
await db.end();
process.stdout.write(JSON.stringify(outcomes));
process.exit();
