import { scopePath } from "../../object/scope-path.js";
import { isObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { openMerged, packMerged, type Merged } from "../messages/merged-value.js";
import { eventOpener } from "./events.js";
import { lambdaSchema, type LambdaContext, type LambdaOptions } from "./options.js";

const MIN_TARGET = 2048;

/** What a middleware of middy gets, as far as it matters here. */
export interface OffloadRequest<E, R> {
  event: E;
  response: R | null | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- middy infers its own context, of which we read the request id
  context: any;
}

/** A middleware of middy: `MiddlewareObj` of `@middy/core` by its fields. */
export interface OffloadMiddleware<E, R> {
  before: (request: OffloadRequest<E, R>) => Promise<void>;
  after: (request: OffloadRequest<E, R>) => Promise<void>;
}

/**
 * Makes a Lambda handler of one that gets whole events and gives whole results, however large: for tasks of Step Functions, for
 * functions that call each other, for events of SQS, SNS and EventBridge. What was packed is opened wherever it stands in the
 * event; a result over `limit` is packed, and an array stays one, so that `Map` can go over it.
 *
 * @throws {StorageError} `CONFIG_INVALID`. The handler rejects with what `hydrate` and `dehydrate` reject with; with
 *   `LIMIT_EXCEEDED` when what `keep` names is too large; with `REFERENCE_DENIED` for references in a result beside those that
 *   are handed on
 * @example
 * export const handler = withOffload({ manager, keep: ["status"] }, async ({ order }) => ({ status: "new", order }));
 */
export function withOffload<E, R, C extends LambdaContext = LambdaContext>(
  options: LambdaOptions<E>,
  handler: (event: E, context: C) => Promise<R>,
): (event: unknown, context: C) => Promise<unknown> {
  const { open, pack } = lambdaOffload(options, "withOffload");
  return async (event, context) => {
    const opened = await open(event);
    return pack(await handler(opened.value as E, context), opened, context);
  };
}

/**
 * The same as {@link withOffload}, as a middleware of middy. Put it before those that read the event, a parser or a validator.
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
      if (opened === undefined) return; // another middleware has answered before
      request.response = (await pack(request.response, opened, request.context as LambdaContext)) as R;
    },
  };
}

function lambdaOffload<E>(options: LambdaOptions<E>, owner: string) {
  const { manager, hydrate, scope, ...how } = parseOptions(lambdaSchema, options, owner);
  // Many references may be large as well, and they are merged too.
  const target = Math.max(MIN_TARGET, Math.floor(how.limit / 8));
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

/** The execution that an event names. */
export function executionOf(event: unknown): string | undefined {
  const execution = isObject(event) ? event["execution"] : undefined;
  return typeof execution === "string" && execution !== "" ? execution : undefined;
}
