import * as z from "zod/mini";
import { isStorageError, textOf } from "../errors/error.js";
import { formatLocation, locationProblem, schemeOf } from "../paths/location.js";
import { isReservedScope, RESERVED_SCOPE } from "../object/reserved-names.js";
import { pathProblem } from "../paths/path.js";
import { isAllowPrefix } from "../reference/allow.js";
import { parseLocation } from "../reference/location.js";
import { assertResolvers, type ReferenceResolver } from "../resolvers/resolver.js";
import { assertStandardSchema } from "../schemas/standard-schema.js";
import { isSignal } from "../store/call-options.js";

// Checks of values that occur in several options of a manager and of its calls.

// The longest delay that a Node timer takes.
const MAX_TIMEOUT = 2 ** 31 - 1;

export const count = z.int().check(z.gte(0));
export const path = z
  .string()
  .check(z.refine((value) => pathProblem(value) === undefined, "must be a valid object path"));
/** A scope for objects. Names that this library gives itself are not allowed as scopes. */
export const scope = path.check(z.refine((value) => !isReservedScope(value), RESERVED_SCOPE));
/** Returns whether a value is a scope, without zod, which takes longer than a small payload. */
export function isScope(value: unknown): value is string {
  return pathProblem(value) === undefined && !isReservedScope(value as string);
}
export const prefix = z.pipe(
  z.string(),
  z.transform((value, context) => {
    const canonical = canonicalPrefix(value);
    if (canonical !== undefined) return canonical;
    context.issues.push({ code: "custom", message: NO_PREFIX, input: value });
    return z.NEVER;
  }),
);
export const text = z.string().check(z.minLength(1));
export const signal = z.custom<AbortSignal>(isSignal, "must be an AbortSignal");
export const allow = z.array(
  z.string().check(z.refine(isAllowPrefix, "must be a path prefix or scheme://container/prefix")),
);
export const resolvers = z.pipe(
  z.custom<readonly ReferenceResolver[]>().check(
    z.superRefine((value, context) => {
      const problem = problemOf(() => assertResolvers(value));
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    }),
  ),
  // The list is copied, so that a later change of it does not reach later calls.
  z.transform((list): readonly ReferenceResolver[] => [...list]),
);
export const references = z.enum(["escape", "pass", "reject", "adopt"]);
export const sizes = {
  maxInlineSize: count,
  maxEnvelopeSize: z.int().check(z.gte(1024)),
  maxRecursionDepth: count,
  timeout: z.int().check(z.gte(1), z.lte(MAX_TIMEOUT)),
};

export const budgets = { maxReferences: count, maxBytes: count };

export const CANNOT_ESCAPE =
  'can\'t be "escape" in the dialect "bubustack", whose readers know no escapes; use "pass", "reject" or "adopt"';

const NO_PREFIX = "must be a valid object path or scheme://container/prefix";
export const NO_SCHEMES = 'can\'t have a scheme in the dialect "bubustack", whose readers know one store only';

/** Returns the prefix in the form that references below it use, or `undefined` for an invalid prefix. */
function canonicalPrefix(text: string): string | undefined {
  if (schemeOf(text) === undefined) return pathProblem(text) === undefined ? text : undefined;
  return isAllowPrefix(text) && locationProblem(text) === undefined ? formatLocation(parseLocation(text)) : undefined;
}

export function canWrite(dialect: unknown, prefixOption: unknown): boolean {
  return dialect !== "bubustack" || typeof prefixOption !== "string" || schemeOf(prefixOption) === undefined;
}

// This check reports its problem even if other options are wrong too.
export function isOptions({ value }: { value: unknown }): boolean {
  return typeof value === "object" && value !== null;
}

export function isStandardSchema(value: unknown): boolean {
  return problemOf(() => assertStandardSchema(value)) === undefined;
}

/** Returns the message of a check that refuses the value, or `undefined`. */
function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return isStorageError(error) ? textOf(error) : (error as Error).message;
  }
}
