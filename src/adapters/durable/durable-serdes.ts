import type { AnySerdesDeserializer, DurableContext, Serdes } from "@aws/durable-execution-sdk-js";
import { parseOptions } from "../../options/parse-options.js";
import { assertHandler } from "../../options/argument.js";
import { isEnvelope } from "../messages/envelope.js";
import { isTouchedJson, openMerged } from "../messages/merged-value.js";
import { MIN_LIMIT, openValue, packed } from "../messages/pack-value.js";
import { durableSchema, executionScope, retrying, type DurableOptions, type DurableSettings } from "./options.js";

/**
 * Serialises the values of a durable function's operations. Values that are too big for a checkpoint are stored.
 * Bytes come back as `Uint8Array`. All other values are as JSON represents them.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const report = await context.step("report", makeReport, { serdes: durableSerdes({ manager }) });
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the SDK has it: of any operation
export function durableSerdes<T = any>(options: DurableOptions): Serdes<T> {
  return serdesOf(parseOptions(durableSchema, options, "durableSerdes"));
}

/**
 * Makes a durable handler whose event, result and operations may have values of any size. Pass it to
 * `withDurableExecution`. An invoked function also needs it, since the caller packs the function's event. The result
 * lies in `durable-results/`, in a scope that {@link durableRelease} does not delete.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * export const handler = withDurableExecution(durableHandler({ manager }, async (event, context) => {
 *   return context.step("fetch", () => fetchAll(event.ids));
 * }));
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as withDurableExecution has them, to be said
export function durableHandler<E, R>(
  options: DurableOptions,
  handler: (event: E, context: DurableContext) => Promise<R>,
): (event: unknown, context: DurableContext) => Promise<unknown> {
  const settings = parseOptions(durableSchema, options, "durableHandler");
  assertHandler(handler, "durableHandler");
  const { manager } = settings;
  const retried = retrying(settings);
  const serdes = serdesOf<unknown>(settings);
  // The result of an external callback is any text, unless it is packed.
  const deserialize: AnySerdesDeserializer["deserialize"] = async (text, call) =>
    text !== undefined && isEnvelope(text) ? serdes.deserialize(text, call) : text;
  return async (event, context) => {
    const { value } = await retried(() => openMerged(manager, event));
    context.configureSerdes({ defaultSerdes: serdes, defaultCallbackDeserializer: { deserialize } });
    const result = await handler(value as E, context);
    const scope = executionScope("durable-results", context.executionContext.durableExecutionArn);
    return isText(result) ? retried(() => pack(settings, result, scope)) : result;
  };
}

function serdesOf<T>(settings: DurableSettings): Serdes<T> {
  const { manager, scope } = settings;
  const retried = retrying(settings);
  return {
    serialize: async (value, context) => {
      if (!isText(value)) return undefined;
      return retried(async () => JSON.stringify(await pack(settings, value, scope(context))));
    },
    deserialize: async (text) => {
      if (text === undefined) return undefined;
      const value: unknown = JSON.parse(text);
      return retried(() => openValue<T>(manager, value));
    },
  };
}

/**
 * Packs a value to an eighth of the limit, since each invocation reads the texts of all operations. An invoked function
 * opens packed values wherever they stand in its event. So data that looks packed is packed as well, and stays data.
 */
async function pack({ manager, over }: DurableSettings, value: unknown, scope: string): Promise<unknown> {
  const target = Math.max(MIN_LIMIT, Math.floor(over / 8));
  return packed(manager, value, { limit: over, target, scope }, isTouchedJson);
}

/** Says whether JSON can represent a value. */
function isText(value: unknown): boolean {
  return value !== undefined && typeof value !== "function" && typeof value !== "symbol";
}
