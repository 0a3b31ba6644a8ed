import type { CallOptions } from "../../store/store.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { openJsonValue, packJsonValue } from "../messages/json-value.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import type { PackOptions } from "../messages/options.js";
import { rules } from "../messages/rules.js";
import { unlessProcessed } from "../messages/unless-processed.js";
import { bodyOfPacked, isPackedValue } from "../messages/envelope.js";

/** Options of {@link jobsOffload}. The channel is `"jobs"` unless it is said. There is no `hint`: jobs have no attributes. */
export type JobsOptions = Omit<AdapterOptions, "hint">;

/** A job of pg-boss, or what is looked at of one. */
export interface BossJob<T = unknown> {
  data: T;
}

/** A job of agenda, or what is looked at of one. */
export interface AgendaJob<T = unknown> {
  attrs: { data: T };
}

/** What tells that a job of graphile-worker is gone from its table: `runner.events`. */
export interface JobEvents {
  on(event: "job:complete", listener: (told: { job: { payload: unknown }; error: unknown }) => void): unknown;
}

/** Packs the data of jobs, and opens it for their handlers. See {@link jobsOffload}. */
export interface JobsOffload {
  readonly offloader: MessageOffloader;
  /** What is handed to `boss.send`, `addJob` or `agenda.now` in place of the data. Data that fits is given back itself. */
  packData<T>(data: T, options?: PackOptions): Promise<T>;
  /** Data that was packed, or any other, itself. @throws {MessageError} */
  openData<T>(data: T, options?: CallOptions): Promise<T>;
  /** A task of graphile-worker that gets its payload whole: `taskList: { order: offload.task(async (order, helpers) => …) }`. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the handler says it gets; the queue knows no types
  task<T, R, Rest extends unknown[]>(
    handler: (payload: T, ...rest: Rest) => R | Promise<R>,
  ): (payload: unknown, ...rest: Rest) => Promise<R | undefined>;
  /** A handler of `boss.work` that gets jobs with whole data. One that can't be opened fails all that came with it. */
  work<J extends BossJob, R, Rest extends unknown[]>(
    handler: (jobs: J[], ...rest: Rest) => Promise<R>,
  ): (jobs: J[], ...rest: Rest) => Promise<R>;
  /** A processor of `agenda.define` that gets a job with whole data, while what is stored stays packed. */
  define<J extends AgendaJob, R>(handler: (job: J) => R | Promise<R>): (job: J) => Promise<R | undefined>;
  /**
   * With `"settle"`, deletes what a job of graphile-worker leads to when it has succeeded and is no longer in its table.
   *
   * @param onError is told of what could not be deleted, which then ends by its `ttl`. Default: nobody is.
   */
  settleOn(events: JobEvents, onError?: (error: unknown) => void): void;
}

const DEFAULT_OVER = 65_536;
// Less could not hold a reference and its envelope.
const LEAST = 4096;

/**
 * Keeps large data out of the tables of job queues: pg-boss, graphile-worker, agenda. What has more than `over` bytes of JSON,
 * default 65536, is packed to that size or less.
 *
 * With `"expire"`, the `ttl` must cover how long the queue keeps jobs, those that failed and are tried again included. `"settle"`
 * is for graphile-worker, which deletes a job that has succeeded: see `settleOn`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = jobsOffload({ manager, ttl: 30 * DAY });
 * await boss.send("order", await offload.packData(order));
 * await boss.work("order", offload.work(async ([job]) => save(job.data)));
 */
export function jobsOffload(options: JobsOptions): JobsOffload {
  const { offloader, shared } = adapterOffloader(options, {
    owner: "jobsOffload",
    refused: ["hint"],
    rules: (_own, { over = DEFAULT_OVER }) => ({ ...rules.bullmq, name: "jobs", maxMessage: Math.max(over, LEAST) }),
    channel: () => "jobs",
    defaults: () => ({ over: DEFAULT_OVER, hint: false }),
  });
  const openData = async <T>(data: T, call?: CallOptions): Promise<T> =>
    (await openJsonValue(offloader, data, call)) as T;

  return {
    offloader,
    packData: async (data, call) => (await packJsonValue(offloader, data, call)).value as typeof data,
    openData,
    task:
      (handler) =>
      async (payload, ...rest) => {
        const found = await unlessProcessed(offloader, openData(payload as Parameters<typeof handler>[0]));
        return found === undefined ? undefined : handler(found.opened, ...rest);
      },
    work:
      (handler) =>
      async (jobs, ...rest) => {
        const whole: typeof jobs = [];
        for (const job of jobs) {
          const found = await unlessProcessed(offloader, openData(job.data));
          if (found !== undefined) whole.push({ ...job, data: found.opened });
        }
        return handler(whole, ...rest);
      },
    define: (handler) => async (job) => {
      const found = await unlessProcessed(offloader, openData(job.attrs.data));
      return found === undefined ? undefined : handler(wholeJob(job, found.opened));
    },
    settleOn: (events, onError) => {
      if (shared.retention !== "settle") return;
      events.on("job:complete", ({ job: { payload }, error }) => {
        // After a failure it stays, to be tried again or looked at.
        if ((error !== undefined && error !== null) || !isPackedValue(payload)) return;
        const settled = offloader.settle({ body: bodyOfPacked(payload), attributes: new Map() });
        settled.catch((reason: unknown) => onError?.(reason));
      });
    },
  };
}

/** A job that shows whole data, and saves what is stored: `job.save()` would write the data back. */
function wholeJob<J extends AgendaJob>(job: J, data: unknown): J {
  const attrs = new Proxy(job.attrs, {
    get: (target, name) => (name === "data" ? data : (Reflect.get(target, name, target) as unknown)),
  });
  return new Proxy(job, {
    get: (target, name) => {
      if (name === "attrs") return attrs;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
