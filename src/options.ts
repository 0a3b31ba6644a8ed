import type { z } from "zod";
import { StorageError } from "./error.js";

/**
 * Checks options by a zod schema and fills in its defaults.
 *
 * @param owner what the options are of, for the message
 * @throws {StorageError} `CONFIG_INVALID` that names every wrong field; values are never repeated
 */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
  owner: string,
): z.output<Schema> {
  const result = schema.safeParse(options, { reportInput: false });
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`);
  throw new StorageError("CONFIG_INVALID", `The options of ${owner} are not valid. ${problems.join("; ")}.`, {
    operation: "configure",
  });
}
