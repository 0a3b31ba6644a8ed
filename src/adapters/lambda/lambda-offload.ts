import { scopePath } from "../../object/scope-path.js";
import { isObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { assertHandler } from "../../options/argument.js";
import { openMerged, packMerged, type Merged } from "../messages/merged-value.js";
import { MIN_LIMIT } from "../messages/pack-value.js";
import { eventOpener } from "./events.js";
import { lambdaSchema, type LambdaContext, type LambdaOptions } from "./options.js";

/** Argument of a middy middleware, as far as it matters here. */
export interface OffloadRequest<E, R> {
  event: E;
  response: R | null | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- middy infers its own context, of which we read the request id
  context: any;
}

/** A middleware of middy. It has the fields of `MiddlewareObj` of `@middy/core`. */
export interface OffloadMiddleware<E, R> {
  before: (request: OffloadRequest<E, R>) => Promise<void>;
  after: (request: OffloadRequest<E, R>) => Promise<void>;
}

/**
 * Makes a Lambda handler from a function that gets and returns whole payloads of any size. Use it for tasks of Step
 * Functions, for functions that call each other, and for events of SQS, SNS and EventBridge. Packed values are opened
 * wherever they stand in the event. A result over `limit` is packed. An array stays an array, so that `Map` can
 * iterate over it.
 *
 * @throws {StorageError} `CONFIG_INVALID`. The handler rejects with the errors of `hydrate` and `dehydrate`. It
 *   rejects with `LIMIT_EXCEEDED` if the keys of `keep` are too large. It rejects with `REFERENCE_DENIED` if a result
 *   holds other references next to those that it hands on.
 * @example
 * export const handler = withOffload({ manager, keep: ["status"] }, async ({ order }) => ({ status: "new", order }));
 */
export function withOffload<E, R, C extends LambdaContext = LambdaContext>(
  options: LambdaOptions<E>,
  handler: (event: E, context: C) => Promise<R>,
): (event: unknown, context: C) => Promise<unknown> {
  const { open, pack } = lambdaOffload(options, "withOffload");
  assertHandler(handler, "withOffload");
  return async (event, context) => {
    const opened = await open(event);
    return pack(await handler(opened.value as E, context), opened, context);
  };
}

/**
 * Makes a middleware of middy that works like {@link withOffload}. Put it before parsers, validators and other
 * middleware that reads the event.
 *
 * @throws {StorageError} as {@link withOffload}
 * @example
 * export const handler = middy(lambda).use(middyOffload({ manager }));
 */
export function middyOffload<E, R>(options: LambdaOptions<E>): OffloadMiddleware<E, R> {
  const { open, pack } = lambdaOffload(options, "middyOffload");
  const events = new WeakMap<object, Merged>();
  return {
    before: async (request) => {
      const opened = await open(request.event);
      events.set(request, opened);
      request.event = opened.value as E;
    },
    after: async (request) => {
      const opened = events.get(request);
      if (opened === undefined) return; // another middleware has already responded
      request.response = (await pack(request.response, opened, request.context as LambdaContext)) as R;
    },
  };
}

function lambdaOffload<E>(options: LambdaOptions<E>, owner: string) {
  const { manager, hydrate, scope, ...how } = parseOptions(lambdaSchema, options, owner);
  // Many references may be large as well, and results are merged.
  const target = Math.max(MIN_LIMIT, Math.floor(how.limit / 8));
  const openMessages = eventOpener(manager);
  const scopeOf = (event: unknown, context: LambdaContext): string => {
    if (scope !== undefined) return scope(event as never, context);
    return scopePath(executionOf(event) ?? context.awsRequestId);
  };
  return {
    open: async (event: unknown): Promise<Merged> => {
      const messages = hydrate === false ? undefined : openMessages(event);
      if (messages !== undefined) return { value: await messages, handedOn: new Set() };
      return openMerged(manager, event, { follows: hydrate });
    },
    pack: async (result: unknown, { value, handedOn }: Merged, context: LambdaContext): Promise<unknown> => {
      if (result === undefined || result === null) return result;
      return packMerged(
        manager,
        result,
        { ...how, target, scope: scopeOf(value, context), isItemwise: true },
        handedOn,
      );
    },
  };
}

/** Returns the execution that an event names. */
export function executionOf(event: unknown): string | undefined {
  const execution = isObject(event) ? event["execution"] : undefined;
  return typeof execution === "string" && execution !== "" ? execution : undefined;
}
