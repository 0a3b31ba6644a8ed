import { StorageError } from "../errors/error.js";

// The types of Standard Schema, version 1 (standardschema.dev), as far as they are used here. zod, valibot, arktype and
// others give their schemas this property.

/** Any schema that follows Standard Schema: zod, valibot, arktype and others. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    /** Who made the schema: `"zod"`, `"valibot"`, ... */
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** For inference only; there is nothing at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a validation gives: the value, perhaps transformed, or what is wrong with it. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type that a schema validates to. */
export type InferOutput<Schema extends StandardSchemaV1> = NonNullable<Schema["~standard"]["types"]>["output"];

const MAX_REPORTED_PATHS = 10;
const MAX_KEY_LENGTH = 64;

/** @throws {StorageError} `CONFIG_INVALID` unless `schema` follows Standard Schema, version 1 */
export function assertStandardSchema(schema: unknown): asserts schema is StandardSchemaV1 {
  // A schema may be a function with properties, as those of arktype are.
  if ((typeof schema === "object" && schema !== null) || typeof schema === "function") {
    const standard = (schema as Partial<StandardSchemaV1>)["~standard"];
    if (standard?.version === 1 && typeof standard.validate === "function") return;
  }
  throw new StorageError("CONFIG_INVALID", "The schema does not follow Standard Schema, version 1.");
}

/**
 * Validates a value, also by a schema that is asynchronous, and gives what the schema makes of it.
 *
 * @param label what the schema is called in the message
 * @throws {StorageError} `SCHEMA_MISMATCH` with the paths of the issues. What the issues say is left out: it may quote
 * the value. `CONFIG_INVALID` for what is no schema.
 */
export async function validate<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  label = "the schema",
): Promise<Output> {
  assertStandardSchema(schema);
  const result = await run(schema, value, label);
  if (!result.issues) return result.value;
  const paths = result.issues.map((issue) => renderPath(issue.path ?? []));
  throw new StorageError("SCHEMA_MISMATCH", `The value does not match ${label}: ${summary(paths)}.`);
}

async function run<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  label: string,
): Promise<StandardResult<Output>> {
  try {
    const result: StandardResult<Output> | undefined = await schema["~standard"].validate(value);
    if (typeof result === "object") return result;
    throw new TypeError("A Standard Schema must give an object.");
  } catch (cause) {
    throw new StorageError("SCHEMA_MISMATCH", `The value could not be validated by ${label}: it failed itself.`, {
      cause,
    });
  }
}

function summary(paths: readonly string[]): string {
  const places = [...new Set(paths)];
  const shown = places.slice(0, MAX_REPORTED_PATHS).join(", ");
  const more = places.length - MAX_REPORTED_PATHS;
  return more > 0 ? `issues at ${shown} and ${more} more places` : `issues at ${shown}`;
}

/** Writes a path as a `$storagePath` would: `items[0].id`. */
function renderPath(path: NonNullable<StandardIssue["path"]>): string {
  let text = "";
  for (const segment of path) {
    const key = typeof segment === "object" ? segment.key : segment;
    if (typeof key === "number") text += `[${key}]`;
    else text += renderKey(String(key), text === "");
  }
  return text === "" ? "the root" : text;
}

function renderKey(key: string, isFirst: boolean): string {
  const short = key.length > MAX_KEY_LENGTH ? `${key.slice(0, MAX_KEY_LENGTH)}…` : key;
  if (!/^[\w$-]+…?$/.test(short)) return `[${JSON.stringify(short)}]`;
  return isFirst ? short : `.${short}`;
}
