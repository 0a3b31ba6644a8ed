import { StorageError } from "../errors/error.js";

// The types of Standard Schema, version 1 (standardschema.dev), as far as this library uses them. zod, valibot,
// arktype and others give their schemas this property.

/** Any schema that follows Standard Schema: zod, valibot, arktype and others. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    /** The library that made the schema: `"zod"`, `"valibot"`, ... */
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Only for type inference. It does not exist at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** The result of a validation: the value, perhaps transformed, or its issues. */
export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One issue of a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The output type of a schema. */
export type InferOutput<Schema extends StandardSchemaV1> = NonNullable<Schema["~standard"]["types"]>["output"];

const MAX_REPORTED_PATHS = 10;
const MAX_KEY_LENGTH = 64;

/** @throws {StorageError} `CONFIG_INVALID` unless `schema` follows Standard Schema, version 1 */
export function assertStandardSchema(schema: unknown): asserts schema is StandardSchemaV1 {
  // A schema may be a function with properties, like the schemas of arktype.
  if ((typeof schema === "object" && schema !== null) || typeof schema === "function") {
    const standard = (schema as Partial<StandardSchemaV1>)["~standard"];
    if (standard?.version === 1 && typeof standard.validate === "function") return;
  }
  throw new StorageError("CONFIG_INVALID", "The schema does not follow Standard Schema, version 1.", {
    operation: "configure",
  });
}

/**
 * Validates a value, also with an asynchronous schema, and returns the output of the schema.
 *
 * @param label the name of the schema in the message
 * @throws {StorageError} `SCHEMA_MISMATCH` with the paths of the issues. The messages of the issues are left out,
 *   because they may quote the value. `CONFIG_INVALID` for a value that is no schema
 */
export async function validate<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  label = "the schema",
): Promise<Output> {
  assertStandardSchema(schema);
  const result = await run(schema, value, label);
  if (!result.issues) return result.value;
  const issues: readonly unknown[] = Array.isArray(result.issues) ? result.issues : [];
  const paths = issues.map((issue) => renderPath((issue as Partial<StandardIssue> | null)?.path ?? []));
  throw new StorageError("SCHEMA_MISMATCH", `The value does not match ${label}: ${summary(paths)}.`, {
    operation: "validate",
  });
}

async function run<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  label: string,
): Promise<StandardResult<Output>> {
  try {
    const result: StandardResult<Output> | undefined = await schema["~standard"].validate(value);
    if (typeof result === "object" && (result as unknown) !== null) return result;
    throw new TypeError("A Standard Schema must give an object.");
  } catch (cause) {
    throw new StorageError("SCHEMA_MISMATCH", `The value could not be validated by ${label}: it failed itself.`, {
      operation: "validate",
      cause,
    });
  }
}

function summary(paths: readonly string[]): string {
  if (paths.length === 0) return "it does not say where";
  const places = [...new Set(paths)];
  const shown = places.slice(0, MAX_REPORTED_PATHS).join(", ");
  const more = places.length - MAX_REPORTED_PATHS;
  return more > 0 ? `issues at ${shown} and ${more} more places` : `issues at ${shown}`;
}

/** Writes a path like a `$storagePath`: `items[0].id`. */
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
