import type { Inngest, Middleware } from "inngest";
import { uuidv7 } from "uuidv7";
import * as z from "zod/mini";
import type { TimeToLive } from "../../configure/retention.js";
import { isStorageError } from "../../errors/error.js";
import { isPlainObject } from "../../json/is-object.js";
import { scopePath } from "../../object/scope-path.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { parseOptions } from "../../options/parse-options.js";
import { engineFields } from "../messages/engine-fields.js";
import { keptKeys } from "../messages/kept-keys.js";
import { MIN_LIMIT, openValue, packValue } from "../messages/pack-value.js";

/** Options of {@link inngestMiddleware}. */
export interface InngestMiddlewareOptions {
  /** Stores and reads large values. It should have a `readCache`, since each request reads the earlier steps again. */
  manager: StorageManager;
  /**
   * Most bytes of JSON of an event's data, or of a result, that stay unpacked; default 65536. Larger values are
   * packed to that size or less.
   */
  over?: number | undefined;
  /**
   * Top-level keys of an event's data that stay in the event, for expressions. Expressions occur in `cancelOn`,
   * `idempotency`, concurrency keys and filters.
   */
  keep?: readonly string[] | undefined;
  /** Least lifetime of stored values, in milliseconds. Default: that of the manager, or no end. */
  ttl?: TimeToLive | undefined;
  /**
   * `"onRunComplete"` deletes the step results of a run when its function returns. Default `false`. Inngest has not
   * received the result by then. If the response is lost, the next request fails.
   */
  release?: "onRunComplete" | false | undefined;
}

type Data = Record<string, unknown> | undefined;
type Event = { readonly name?: string; readonly id?: string; readonly data?: Data };

const DEFAULT_OVER = 65_536;
const schema = z.strictObject({
  ...engineFields,
  over: z._default(engineFields.over, DEFAULT_OVER),
  keep: z.optional(keptKeys),
  audience: z.optional(z.never()),
  release: z._default(z.union([z.literal("onRunComplete"), z.literal(false)]), false),
});

/**
 * Makes middleware for Inngest 4. Large data of events, and large results of steps and functions, lie in the
 * manager's store. Code sees them whole.
 *
 * - The results of a run's steps have the scope `inngest/{run id}`.
 * - The result of a run has the scope `inngest/results/{run id}`.
 * - An event has the scope `inngest/events/{event id}`, or a fresh id without an event id. Several functions receive
 *   an event, so its objects end by their `ttl`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * new Inngest({ id: "app", middleware: [inngestMiddleware({ manager, keep: ["userId"] })] });
 */
export function inngestMiddleware(options: InngestMiddlewareOptions): Middleware.Class {
  const { manager, over, keep, ttl, release } = parseOptions(schema, options, "inngestMiddleware");
  const pack = (value: unknown, scope: string, kept?: readonly string[]): Promise<unknown> =>
    packValue(manager, value, { over, limit: Math.max(over, MIN_LIMIT), ttl, scope, keep: kept });
  const open = (value: unknown): Promise<unknown> => openValue(manager, value).catch(rethrow);

  const openEvent = async <E extends Event>(event: E): Promise<E> => {
    const data = (await open(event.data)) as Data;
    // The event of a failed or finished function holds the event that started the function. In other events, these
    // keys belong to the user.
    if (event.name?.startsWith("inngest/") !== true) return data === event.data ? event : { ...event, data };
    const inner = isPlainObject(data?.["event"]) ? await openEvent(data["event"] as Event) : undefined;
    const result = data?.["result"] === undefined ? undefined : await open(data["result"]);
    const isSame = inner === data?.["event"] && result === data?.["result"];
    if (isSame) return data === event.data ? event : { ...event, data };
    return { ...event, data: { ...data, ...(inner && { event: inner }), ...(result !== undefined && { result }) } };
  };

  return class CoatcheckMiddleware implements Middleware.BaseMiddleware {
    readonly id = "coatcheck";
    readonly client: Inngest.Any;
    /** Steps of earlier requests, by hash. An instance of the middleware lives for one request. */
    readonly #opened = new Set<string>();
    declare functionOutputTransform: Middleware.DefaultStaticTransform;
    declare stepOutputTransform: Middleware.DefaultStaticTransform;

    constructor({ client }: { client: Inngest.Any }) {
      this.client = client;
    }

    async transformSendEvent(args: Middleware.TransformSendEventArgs): Promise<Middleware.TransformSendEventArgs> {
      const events = [];
      for (const event of args.events) {
        const data = await pack(event.data, scopePath("inngest", "events", event.id ?? uuidv7()), keep);
        events.push(data === event.data ? event : { ...event, data: data as Record<string, unknown> });
      }
      return { ...args, events };
    }

    async transformFunctionInput(
      args: Middleware.TransformFunctionInputArgs,
    ): Promise<Middleware.TransformFunctionInputArgs> {
      const { event } = args.ctx;
      const opened = await openEvent(event as Event);
      const events = [];
      for (const one of args.ctx.events)
        events.push((one as unknown) === event ? opened : await openEvent(one as Event));
      // Steps are opened here. For steps that ran before, Inngest drops errors of wrapStep, and the step's promise
      // would never settle.
      const steps: typeof args.steps = {};
      for (const [id, step] of Object.entries(args.steps)) {
        const isReady = step.type === "data" && !(step.data instanceof Promise);
        steps[id] = isReady ? { ...step, data: await open(step.data) } : step;
        if (isReady) this.#opened.add(id);
      }
      return { ...args, steps, ctx: { ...args.ctx, event: opened, events } as typeof args.ctx };
    }

    /** Packs the data with which a step invokes a function, as that data becomes an event. */
    async transformStepInput(args: Middleware.TransformStepInputArgs): Promise<Middleware.TransformStepInputArgs> {
      const [invoked] = args.input as [{ payload?: { data?: Data } } | undefined];
      if (args.stepInfo.stepType !== "invoke" || args.stepInfo.memoized || invoked?.payload?.data === undefined)
        return args;
      // A request that waits for several steps runs again, and finds the same object in this scope.
      const scope = scopePath("inngest", "events", args.stepInfo.hashedId);
      const data = await pack(invoked.payload.data, scope, keep);
      return { ...args, input: [{ ...invoked, payload: { ...invoked.payload, data } }] };
    }

    async wrapStepHandler({ next, ctx }: Middleware.WrapStepHandlerArgs): Promise<unknown> {
      return pack(await next(), scopePath("inngest", ctx.runId));
    }

    async wrapStep({ next, stepInfo }: Middleware.WrapStepArgs): Promise<unknown> {
      const result = await next();
      return this.#opened.has(stepInfo.hashedId) ? result : open(result);
    }

    async wrapFunctionHandler({ next, ctx }: Middleware.WrapFunctionHandlerArgs): Promise<unknown> {
      return pack(await next(), scopePath("inngest", "results", ctx.runId));
    }

    async onRunComplete({ ctx }: Middleware.OnRunCompleteArgs): Promise<void> {
      if (release === "onRunComplete") await manager.release(scopePath("inngest", ctx.runId));
    }
  };
}

/**
 * Rethrows an error. Errors that a retry can't fix get a name that tells Inngest not to retry. The class is not
 * needed.
 */
function rethrow(error: unknown): never {
  if (!isStorageError(error) || error.retryable) throw error;
  throw Object.assign(new Error(error.message, { cause: error }), { name: "NonRetriableError" });
}
