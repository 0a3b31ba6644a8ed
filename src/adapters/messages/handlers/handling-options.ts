import * as z from "zod/mini";
import { clock } from "../../../options/fields.js";
import { parseOptions } from "../../../options/parse-options.js";
import { functionField } from "../engine-fields.js";

const interval = z.number().check(z.gt(0));

/** Schemas of the options of all handlers, by name. */
const FIELDS = {
  onFailure: functionField(),
  onPoison: functionField(),
  retryAfter: z.number().check(z.gte(0)),
  concurrency: z.int().check(z.gte(1)),
  clock,
  working: interval,
  heartbeatEvery: interval,
  every: interval,
  by: z.int().check(z.gte(0), z.lte(43_200)), // the limit of SQS
  consumer: z.custom((value) => typeof value === "object" && value !== null, "must be an object"),
  fifo: z.boolean(),
  settle: z.custom((value) => typeof value === "object" && value !== null, "must be { client, queueUrl }"),
  client: z.any(),
  queueUrl: z.string(),
};

/**
 * Checks the options of a handler when it is made.
 *
 * @param names of all options that the handler has
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function handlingOptions<T extends object>(
  options: T,
  names: readonly (keyof T & keyof typeof FIELDS)[],
  owner: string,
): T {
  const shape = Object.fromEntries(names.map((name) => [name, z.optional(FIELDS[name])]));
  return parseOptions(z.strictObject(shape), options, owner) as T;
}
