import type { FlowJob, Job, JobsOptions, Processor, Queue, QueueEvents } from "bullmq";
import { uuidv7 } from "uuidv7";
import { forEachConcurrent } from "../../async/concurrency.js";
import { scopePath } from "../../object/scope-path.js";
import { invalidOptions } from "../../options/parse-options.js";
import { assertArray, assertHandler, assertMethods, assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { isPoison, type MessageError } from "../messages/message-error.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { openJsonValue, packJsonValue } from "../messages/json-value.js";
import { rules } from "../messages/rules.js";
import { unlessProcessed } from "../messages/handlers/unless-processed.js";

/** Options of {@link bullmqOffload}. The default channel is `"bull"`. Queue and job are scopes below the channel. */
export type BullOptions = AdapterOptions;

/** A job of `addBulk`. */
export interface BulkJob<T> {
  name: string;
  data: T;
  opts?: JobsOptions;
}

/** Adds and processes jobs whose data is too large for Redis. See {@link bullmqOffload}. */
export interface BullOffload {
  readonly offloader: MessageOffloader;
  /** Packs the data and adds the job. With `"settle"`, a large job without an id gets one. */
  add<T>(queue: Queue<T>, name: string, data: T, options?: JobsOptions): Promise<Job>;
  /** Packs the data of several jobs and adds them. Either all jobs are added or none. */
  addBulk<T>(queue: Queue<T>, jobs: readonly BulkJob<T>[]): Promise<Job[]>;
  /** Packs the data of every job in a flow, for `FlowProducer.add`. */
  flow(flow: FlowJob): Promise<FlowJob>;
  /**
   * Makes a processor that gets jobs with opened data, and whose results are packed. A job that can't be opened fails
   * without retries. The data in Redis stays packed.
   */
  processor<T, R>(handler: (job: Job<T, R>, token?: string, signal?: AbortSignal) => Promise<R>): Processor;
  /** Returns the opened results of a job's children, as `getChildrenValues()` has them. @throws {MessageError} */
  childrenValues<T>(job: Job): Promise<Record<string, T>>;
  /** Returns the opened result of a job. @throws {MessageError} */
  returnValue<R>(job: Job): Promise<R>;
  /**
   * Deletes the objects of a job when the job is no longer in Redis. Acts only with `"settle"`. A job leaves Redis
   * when it is removed, or when it completes or fails with `removeOnComplete` or `removeOnFail`. Failures are emitted
   * as the event `error`.
   */
  settleOn(events: QueueEvents): void;
}

const DEFAULT_OVER = 65_536;
// A smaller limit could not hold a reference and its envelope.
const LEAST = 4096;
const AT_A_TIME = 8;

/**
 * Keeps large data and results of jobs out of the memory of Redis. Values of more than `over` bytes of JSON, default
 * 65536, are packed to that size or less. Ids, priorities, delays and deduplication are as before.
 *
 * Completed and failed jobs stay in Redis, and may be retried. For them, keep `"expire"`, with a `ttl` longer than
 * they stay. `"settle"` is for jobs that are removed and whose ids are not used again.
 *
 * @throws {StorageError} `CONFIG_INVALID`; also for `{ consumers }`, since a job has one worker
 * @example
 * const offload = bullmqOffload({ manager, ttl: 14 * DAY });
 * await offload.add(queue, "import", order);
 * new Worker("orders", offload.processor(async (job) => save(job.data)), { connection });
 */
export function bullmqOffload(options: BullOptions): BullOffload {
  const { offloader, shared } = adapterOffloader(options, {
    owner: "bullmqOffload",
    rules: (_own, { over = DEFAULT_OVER }) => ({ ...rules.bullmq, maxMessage: Math.max(over, LEAST) }),
    carries: "value",
    channel: () => "bull",
    defaults: () => ({ over: DEFAULT_OVER, hint: false }),
  });
  const { manager, retention } = shared;
  if (typeof retention === "object") {
    throw invalidOptions("bullmqOffload", 'retention: must be "expire" or "settle", since a job has one worker');
  }
  const settles = retention === "settle";
  const scopeOf = (queue: string, jobId: string | undefined): string =>
    settles && jobId !== undefined ? scopePath(queue, jobId) : scopePath(queue);

  const packed = async <T>({ data, opts }: { data: T; opts?: JobsOptions | undefined }, queue: string) => {
    const jobId = opts?.jobId ?? uuidv7();
    const own = await packJsonValue(offloader, data, { scope: scopeOf(queue, jobId) });
    if (own.packed === undefined) return { data, opts, keepFor: () => undefined };
    return {
      data: own.value as T,
      opts: settles ? { ...opts, jobId } : opts,
      // If BullMQ finds a duplicate, this data belongs to no job and is discarded.
      keepFor: async ({ id }: Job) => {
        if (settles && id !== jobId) await own.packed!.discard();
      },
    };
  };

  const flow = async (given: FlowJob): Promise<FlowJob> => {
    assertObject(given, "bullmqOffload", "flow");
    const { children, ...job } = given;
    const { data, opts } = await packed(job as { data: unknown; opts?: JobsOptions }, job.queueName);
    const below = [];
    for (const child of children ?? []) below.push(await flow(child));
    const own = { ...job, ...(data !== undefined && { data }), ...(opts !== undefined && { opts }) };
    return children === undefined ? own : { ...own, children: below };
  };

  const packResult = async <R>(job: Job, result: R): Promise<R> => {
    const { parent, queueName, id } = job;
    // A result that only a listener sees must outlive its job, so it ends by age.
    const last = job.opts.removeOnComplete === true ? undefined : id;
    const scope =
      parent === undefined ? scopeOf(queueName, last) : scopeOf(parent.queueKey.split(":").at(-1)!, parent.id);
    return (await packJsonValue(offloader, result, { scope })).value as R;
  };

  return {
    offloader,
    add: async (queue, name, data, given) => {
      assertMethods(queue, "add", "queue", "add");
      const one = await packed({ data, opts: given }, queue.name);
      const job = await (queue as Queue).add(name, one.data, one.opts);
      await one.keepFor(job);
      return job;
    },
    addBulk: async (queue, given) => {
      assertMethods(queue, "addBulk", "queue", "addBulk");
      assertArray(given, "addBulk", "jobs");
      const all = [];
      for (const job of given) all.push({ ...(await packed(job, queue.name)), name: job.name });
      const untyped: Queue = queue;
      const jobs = await untyped.addBulk(all.map(({ name, data, opts }) => ({ name, data, opts: opts ?? {} })));
      for (const [index, job] of jobs.entries()) await all[index]!.keepFor(job);
      return jobs;
    },
    flow,
    // With three parameters, BullMQ passes a signal to the processor.
    processor: (handler) => {
      assertHandler(handler, "processor");
      return async (job: Job, token, signal) => {
        const opening = openJsonValue(offloader, job.data, signal === undefined ? undefined : { signal });
        const found = await unlessProcessed(offloader, opening).catch((error: unknown) => {
          throw isPoison(error) ? unrecoverable(error) : error;
        });
        if (found === undefined) return undefined;
        const pack = async (value: unknown) =>
          (await packed({ data: value, opts: { jobId: job.id! } }, job.queueName)).data;
        return packResult(job, await handler(wholeJob(job as Job<never, never>, found.opened, pack), token, signal));
      };
    },
    childrenValues: async <T>(job: Job) => {
      assertMethods(job, "childrenValues", "job", "getChildrenValues");
      const values = Object.entries(((await job.getChildrenValues()) as Record<string, unknown> | undefined) ?? {});
      await forEachConcurrent(values, AT_A_TIME, new AbortController().signal, async (entry) => {
        entry[1] = await openJsonValue(offloader, entry[1]);
      });
      return Object.fromEntries(values) as Record<string, T>;
    },
    returnValue: async <R>(job: Job) => {
      assertObject(job, "bullmqOffload", "job");
      return (await openJsonValue(offloader, job.returnvalue)) as R;
    },
    settleOn: (events) => {
      assertMethods(events, "settleOn", "events", "on");
      if (!settles) return;
      const settle = async (jobId: string): Promise<void> => {
        if ((await events.getBackend().getJobData(jobId)) !== undefined) return; // the job may be retried
        await manager.release(`${scopePath(shared.channel)}/${scopePath(events.name, jobId)}`);
      };
      for (const event of ["completed", "failed", "removed"] as const) {
        events.on(event, ({ jobId }: { jobId: string }) => {
          settle(jobId).catch((error: unknown) => events.emit("error", error as Error));
        });
      }
    },
  };
}

/** Makes an error that BullMQ does not retry. BullMQ recognises the error by its name, so its class is not needed. */
function unrecoverable(cause: MessageError): Error {
  return Object.assign(new Error(cause.message, { cause }), { name: "UnrecoverableError" });
}

/**
 * Wraps a job so that its processor sees opened data, while the stored data stays packed. The job itself does
 * everything else.
 *
 * @param pack returns the packed data that `updateData` stores
 */
function wholeJob<T, R>(job: Job<T, R>, data: unknown, pack: (data: unknown) => Promise<unknown>): Job<T, R> {
  let whole = data;
  const updateData = async (next: unknown): Promise<void> => {
    await job.updateData((await pack(next)) as T);
    whole = next;
  };
  return new Proxy(job, {
    get: (target, name) => {
      if (name === "data") return whole;
      if (name === "updateData") return updateData;
      const value: unknown = Reflect.get(target, name, target);
      // Methods run on the job itself, so that they write the packed data to Redis.
      return typeof value === "function" && name !== "constructor" ? (value.bind(target) as unknown) : value;
    },
    set: (target, name, value) => {
      if (name !== "data") return Reflect.set(target, name, value, target);
      whole = value;
      return true;
    },
  });
}
