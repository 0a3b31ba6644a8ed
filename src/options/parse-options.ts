import { isObject, isPlainObject } from "../json/is-object.js";
import { en } from "zod/locales";
import type * as z from "zod/mini";
import { isStorageError, StorageError } from "../errors/error.js";
import { nearestName } from "./nearest-name.js";

/**
 * How zod parses options. Messages are zod's English ones, whatever the program set for its own zod, and hold no
 * values.
 */
export const PARSING = { reportInput: false, error: en().localeError };

/** The options of one call as they were when they were read. Later changes of the options object have no effect. */
export interface OwnOptions {
  readonly names: readonly string[];
  /** The values in the order of the names. */
  readonly values: readonly unknown[];
}

/**
 * Reads each option once, so that a getter gives the same value for the check and for the use. A symbol is not the
 * name of an option.
 *
 * @param owner the owner of the options, for the message
 * @throws {StorageError} `CONFIG_INVALID` for a value that is not a plain object, and for a getter that throws
 */
export function readOptions(options: unknown, owner: string): OwnOptions {
  return readable(() => {
    if (!isPlainObject(options)) throw invalidOptions(owner, "options: must be a plain object");
    // Includes names that are not enumerable. Each name is either accepted or refused, and none is skipped.
    const names = Object.getOwnPropertyNames(options);
    const values = names.map((name) => options[name]);
    return { names, values };
  }, owner);
}

/**
 * Checks options with a zod schema and fills in its defaults.
 *
 * @param owner the owner of the options, for the message
 * @throws {StorageError} `CONFIG_INVALID` that names every invalid field; values are never repeated
 */
export function parseOptions<Schema extends z.ZodMiniType>(
  schema: Schema,
  options: unknown,
  owner: string,
): z.output<Schema> {
  return checkOptions(schema, readOptions(options, owner), owner);
}

/** Does the same for options that were read already. */
export function checkOptions<Schema extends z.ZodMiniType>(
  schema: Schema,
  { names, values }: OwnOptions,
  owner: string,
): z.output<Schema> {
  // An object without a prototype has no properties that were not given.
  const options = Object.create(null) as Record<string, unknown>;
  for (const [index, name] of names.entries()) options[name] = values[index];
  return readable(() => {
    const result = schema.safeParse(options, PARSING);
    if (result.success) return result.data;
    const problems = result.error.issues.map((issue) => {
      return `${issue.path.join(".") || "options"}: ${issue.message}${suggestion(schema, issue)}`;
    });
    throw invalidOptions(owner, problems.join("; "));
  }, owner);
}

/**
 * Reads an option before the options are checked. Returns `undefined` for one that can't be read: the check refuses it
 * later.
 */
export function uncheckedOption(options: unknown, name: string): unknown {
  try {
    return isObject(options) ? options[name] : undefined;
  } catch {
    return undefined;
  }
}

/** Runs code that reads what a user gave. Its getters and proxies may throw. */
function readable<T>(read: () => T, owner: string): T {
  try {
    return read();
  } catch (error) {
    if (isStorageError(error)) throw error;
    throw invalidOptions(owner, "options: can't be read, a getter or a proxy threw", error);
  }
}

/**
 * The part of a schema that says which schemas it contains: those of an object, an array, an optional value, or a
 * pipe.
 */
interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
}

/** Returns a hint with the options that were probably meant: the known names nearest to the unknown ones. */
function suggestion(schema: z.core.$ZodType, issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return "";
  let holder: Definition = definitionOf(schema);
  for (const key of issue.path) holder = definitionOf(holder.element ?? holder.shape?.[key as string]);
  const known = Object.keys(holder.shape ?? {});
  const meant = issue.keys
    .map((name) => nearestName(name, known, name.length / 2))
    .filter((name) => name !== undefined);
  return meant.length === 0 ? "" : ` (did you mean ${meant.map((name) => JSON.stringify(name)).join(", ")}?)`;
}

/** Returns the definition of the object or array that a schema describes. */
function definitionOf(schema: z.core.$ZodType | undefined): Definition {
  const definition = (schema?._zod.def ?? {}) as Definition;
  const inner = definition.innerType ?? definition.in;
  return inner === undefined ? definition : definitionOf(inner);
}

/** Makes the error for options that are not valid. @param problem the option, and what it must be */
export function invalidOptions(owner: string, problem: string, cause?: unknown): StorageError {
  return new StorageError("CONFIG_INVALID", `The options of ${owner} are not valid. ${problem}.`, {
    operation: "configure",
    cause,
  });
}
