import type { AnySerdesDeserializer, DurableContext, Serdes } from "@aws/durable-execution-sdk-js";
import { parseOptions } from "../../options/parse-options.js";
import { isEnvelope, isPackedValue } from "../messages/envelope.js";
import { openMerged } from "../messages/merged-value.js";
import { openValue, packed } from "../messages/pack-value.js";
import { durableSchema, executionScope, retrying, type DurableOptions, type DurableSettings } from "./options.js";

const MIN_TARGET = 2048;

/**
 * Serialises the values of a durable function's operations: what is too big for a checkpoint is stored. Bytes come back as
 * `Uint8Array`; everything else is as JSON has it.
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
 * A durable handler with whole events, results and values of operations, however large. Give it to `withDurableExecution`. A
 * function that others invoke needs it as well, since it is given what they packed. Its result lies in `durable-results/`, in a
 * scope that {@link durableRelease} leaves alone.
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
  const { manager } = settings;
  const retried = retrying(settings);
  const serdes = serdesOf<unknown>(settings);
  // An answer from outside is any text, unless it was packed.
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

/** Packs a value, to an eighth of what fits: invocations read the texts of all operations. */
async function pack({ manager, over }: DurableSettings, value: unknown, scope: string): Promise<unknown> {
  const target = Math.max(MIN_TARGET, Math.floor(over / 8));
  return packed(manager, value, { limit: over, target, scope }, isPackedValue(value));
}

/** Whether JSON has a text for a value. */
function isText(value: unknown): boolean {
  return value !== undefined && typeof value !== "function" && typeof value !== "symbol";
}
