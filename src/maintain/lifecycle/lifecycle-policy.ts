import * as z from "zod/mini";
import { lifetime } from "../../configure/retention.js";
import { parseOptions } from "../../options/parse-options.js";
import { pathProblem, withoutTrailingSlashes } from "../../paths/path.js";

/** What lifecycle rules are for: the payloads below a prefix, and how long they live. */
export interface LifecyclePolicy {
  /**
   * The prefix of the objects that the rules apply to, such as the manager's `outputPrefix`. Default: all objects. For
   * Azure the prefix begins with the container.
   */
  prefix?: string | undefined;
  /**
   * Milliseconds that payloads live. This is the longest `ttl` of any call, policy or manager that writes below
   * `prefix`.
   */
  ttl: number;
}

/** The policy after its check. */
export interface LifecycleTerms {
  /** Empty, or ending in a slash. The slash excludes paths beside the prefix that begin with the same letters. */
  readonly prefix: string;
  readonly ttl: number;
}

export const DAY = 86_400_000;

const schema = z.strictObject({
  prefix: z.optional(
    z
      .string()
      .check(
        z.refine(
          (value) => value === "" || pathProblem(value.replace(/\/$/, "")) === undefined,
          "must be the beginning of an object path",
        ),
      ),
  ),
  ttl: lifetime,
});

/** @throws {StorageError} `CONFIG_INVALID` that names each invalid field */
export function parseLifecyclePolicy(policy: LifecyclePolicy, owner: string): LifecycleTerms {
  const { prefix = "", ttl } = parseOptions(schema, policy, owner);
  return { prefix: prefix === "" ? "" : `${withoutTrailingSlashes(prefix)}/`, ttl };
}
