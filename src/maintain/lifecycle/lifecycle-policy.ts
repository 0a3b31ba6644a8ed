import * as z from "zod/mini";
import { lifetime } from "../../configure/retention.js";
import { parseOptions } from "../../options/parse-options.js";
import { pathProblem, withoutTrailingSlashes } from "../../paths/path.js";

/** What lifecycle rules are for. */
export interface LifecyclePolicy {
  /** The prefix of what they are about, such as the manager's `outputPrefix`. Default: all. For Azure it begins with the container. */
  prefix?: string | undefined;
  /** Milliseconds that payloads live: the longest `ttl` of any call, policy or manager that writes below `prefix`. */
  ttl: number;
}

/** The policy, checked. */
export interface LifecycleTerms {
  /** Empty, or ending in a slash: what begins alike and lies beside it is not meant. */
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

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseLifecyclePolicy(policy: LifecyclePolicy, owner: string): LifecycleTerms {
  const { prefix = "", ttl } = parseOptions(schema, policy, owner);
  return { prefix: prefix === "" ? "" : `${withoutTrailingSlashes(prefix)}/`, ttl };
}
