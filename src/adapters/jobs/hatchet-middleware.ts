import * as z from "zod/mini";
import type { TimeToLive } from "../../configure/retention.js";
import { isPlainObject } from "../../json/is-object.js";
import { scopePath } from "../../object/scope-path.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { assertArgument } from "../../options/argument.js";
import { hasMethods } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { assertManager, engineFields } from "../messages/engine-fields.js";
import { isPackedValue } from "../messages/envelope.js";
import { MIN_LIMIT, openValue, packValue } from "../messages/pack-value.js";

/** Options of {@link hatchetMiddleware}. */
export interface HatchetMiddlewareOptions {
  /** Stores and reads values that are too large to travel. */
  manager: StorageManager;
  /**
   * Most bytes of JSON of a task's output that stay unpacked, default 262144 (256 KiB). Larger outputs are packed to
   * that size or less.
   */
  over?: number | undefined;
  /** Least lifetime of stored values, in milliseconds. Default: that of the manager, or no end. */
  ttl?: TimeToLive | undefined;
}

/** The part of a task's context that the middleware uses. */
export interface HatchetContext {
  workflowRunId(): string;
}

/** Middleware for `hatchet.withMiddleware`. */
export interface HatchetMiddleware {
  before(input: unknown, context: HatchetContext): Promise<Record<string, unknown> | undefined>;
  after(output: unknown, context: HatchetContext): Promise<Record<string, unknown> | undefined>;
}

const DEFAULT_OVER = 262_144;
const schema = z.strictObject({
  manager: engineFields.manager,
  over: z._default(engineFields.over, DEFAULT_OVER),
  ttl: engineFields.ttl,
});

/**
 * Makes middleware for Hatchet. Tasks get their input whole. Large outputs lie in the manager's store, in the scope
 * `hatchet/{workflow run id}`. The caller of a task packs its input with {@link packValue} and opens its result with
 * {@link openValue}. A task that reads the output of another task uses {@link openParent}.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const hatchet = HatchetClient.init().withMiddleware(hatchetMiddleware({ manager, ttl: 30 * DAY }));
 */
export function hatchetMiddleware(options: HatchetMiddlewareOptions): HatchetMiddleware {
  const { manager, over, ttl } = parseOptions(schema, options, "hatchetMiddleware");
  const limit = Math.max(over, MIN_LIMIT);
  return {
    before: async (input) => {
      if (!isPackedValue(input)) return undefined;
      const whole = await openValue(manager, input);
      // Hatchet merges the returned input into the given one, so the keys of the packed input must go.
      for (const key of Object.keys(input)) Reflect.deleteProperty(input, key);
      return whole as Record<string, unknown>;
    },
    after: async (output, context) => {
      const scope = scopePath("hatchet", context.workflowRunId());
      const packed = await packValue(manager, output, { over, limit, scope, ttl });
      return packed === output || !isPlainObject(packed) ? undefined : packed;
    },
  };
}

/**
 * Returns the opened output of another task of the workflow: `context.parentOutput(task)`.
 *
 * @throws {StorageError} as `hydrate` does
 */
export async function openParent<T, P>(
  manager: StorageManager,
  context: { parentOutput(task: P): Promise<T> },
  task: P,
): Promise<T> {
  assertManager(manager, "openParent");
  assertArgument(hasMethods("parentOutput")(context), "openParent", "context: must be the context of a task");
  return openValue<T>(manager, await context.parentOutput(task));
}
