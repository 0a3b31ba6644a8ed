import type { CallOptions } from "../../store/store.js";
import { assertHandler, assertMethods } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import { openJsonValue, packJsonValue } from "../messages/json-value.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import type { PackOptions } from "../messages/options.js";
import { rules } from "../messages/rules.js";
import { unlessProcessed } from "../messages/handlers/unless-processed.js";
import { bodyOfPacked, isPackedValue } from "../messages/envelope.js";

/**
 * Options of {@link jobsOffload}. The default channel is `"jobs"`. There is no `hint`, since jobs have no attributes.
 */
export type JobsOptions = Omit<AdapterOptions, "hint">;

/** A job of pg-boss, as far as it matters here. */
export interface BossJob<T = unknown> {
  data: T;
}

/** A job of agenda, as far as it matters here. */
export interface AgendaJob<T = unknown> {
  attrs: { data: T };
}

/** The events of graphile-worker that report removed jobs: `runner.events`. */
export interface JobEvents {
  on(event: "job:complete", listener: (told: { job: { payload: unknown }; error: unknown }) => void): unknown;
}

/** Packs the data of jobs, and opens it for their handlers. See {@link jobsOffload}. */
export interface JobsOffload {
  readonly offloader: MessageOffloader;
  /** Packs data for `boss.send`, `addJob` or `agenda.now`. Data that fits is returned unchanged, as the same object. */
  packData<T>(data: T, options?: PackOptions): Promise<T>;
  /** Opens packed data. Other data is returned unchanged, as the same object. @throws {MessageError} */
  openData<T>(data: T, options?: CallOptions): Promise<T>;
  /**
   * Makes a task for graphile-worker that gets opened payloads:
   * `taskList: { order: offload.task(async (order, helpers) => …) }`.
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the handler says it gets; the queue knows no types
  task<T, R, Rest extends unknown[]>(
    handler: (payload: T, ...rest: Rest) => R | Promise<R>,
  ): (payload: unknown, ...rest: Rest) => Promise<R | undefined>;
  /**
   * Makes a handler for `boss.work` that gets jobs with opened data. A job that can't be opened fails the whole
   * batch.
   */
  work<J extends BossJob, R, Rest extends unknown[]>(
    handler: (jobs: J[], ...rest: Rest) => Promise<R>,
  ): (jobs: J[], ...rest: Rest) => Promise<R>;
  /** Makes a processor for `agenda.define` that gets a job with opened data. The stored data stays packed. */
  define<J extends AgendaJob, R>(handler: (job: J) => R | Promise<R>): (job: J) => Promise<R | undefined>;
  /**
   * Deletes the objects of a graphile-worker job that has succeeded and left its table. Acts only with `"settle"`.
   *
   * @param onError called with each failed deletion; the objects then end by their `ttl`. Default: no callback.
   */
  settleOn(events: JobEvents, onError?: (error: unknown) => void): void;
}

const DEFAULT_OVER = 65_536;
// A smaller limit could not hold a reference and its envelope.
const LEAST = 4096;

/**
 * Keeps large data out of the tables of job queues: pg-boss, graphile-worker, agenda. Data of more than `over` bytes
 * of JSON, default 65536, is packed to that size or less.
 *
 * With `"expire"`, the `ttl` must cover the time that the queue keeps jobs, including failed jobs and their retries.
 * `"settle"` is for graphile-worker, which deletes a job after success. See `settleOn`.
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
    carries: "value",
    channel: () => "jobs",
    defaults: () => ({ over: DEFAULT_OVER, hint: false }),
  });
  const openData = async <T>(data: T, call?: CallOptions): Promise<T> =>
    (await openJsonValue(offloader, data, call)) as T;

  return {
    offloader,
    packData: async (data, call) => (await packJsonValue(offloader, data, call)).value as typeof data,
    openData,
    task: (handler) => {
      assertHandler(handler, "task");
      return async (payload, ...rest) => {
        const found = await unlessProcessed(offloader, openData(payload as Parameters<typeof handler>[0]));
        return found === undefined ? undefined : handler(found.opened, ...rest);
      };
    },
    work: (handler) => {
      assertHandler(handler, "work");
      return async (jobs, ...rest) => {
        const whole: typeof jobs = [];
        for (const job of jobs) {
          const found = await unlessProcessed(offloader, openData(job.data));
          if (found !== undefined) whole.push({ ...job, data: found.opened });
        }
        return handler(whole, ...rest);
      };
    },
    define: (handler) => {
      assertHandler(handler, "define");
      return async (job) => {
        const found = await unlessProcessed(offloader, openData(job.attrs.data));
        return found === undefined ? undefined : handler(wholeJob(job, found.opened));
      };
    },
    settleOn: (events, onError) => {
      assertMethods(events, "settleOn", "events", "on");
      if (shared.retention !== "settle") return;
      events.on("job:complete", ({ job: { payload }, error }) => {
        // A failed job stays in its table, for a retry or for inspection.
        if ((error !== undefined && error !== null) || !isPackedValue(payload)) return;
        const settled = offloader.settle({ body: bodyOfPacked(payload), attributes: new Map() });
        settled.catch((reason: unknown) => onError?.(reason));
      });
    },
  };
}

/**
 * Wraps a job so that it shows opened data and saves the packed data. Without the wrapper, `job.save()` would store
 * the opened data.
 */
function wholeJob<J extends AgendaJob>(job: J, data: unknown): J {
  let whole = data;
  const attrs = new Proxy(job.attrs, {
    get: (target, name) => (name === "data" ? whole : (Reflect.get(target, name, target) as unknown)),
    set: (target, name, value) => {
      if (name === "data") whole = value;
      return Reflect.set(target, name, value, target);
    },
  });
  return new Proxy(job, {
    get: (target, name) => {
      if (name === "attrs") return attrs;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
