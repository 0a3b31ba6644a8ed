import { z } from "zod";
import type { SchemaRegistry } from "../object/schema-registry.js";
import type { StandardSchemaV1 } from "../object/standard-schema.js";
import type { StorageObserver } from "../observe/event.js";
import type { StorageLogger } from "../observe/logger.js";
import { isAllowPrefix } from "../reference/allow.js";
import { assertResolvers, type ReferenceResolver } from "../resolvers/resolver.js";
import { StorageError } from "../store/error.js";
import { parseOptions } from "../store/options.js";
import { pathProblem } from "../store/path.js";
import type { Store } from "../store/store.js";
import type { DehydrateOptions, HydrateOptions, HydrateProgress, StorageManagerOptions } from "./options.js";

// The longest delay that a Node timer takes.
const MAX_TIMEOUT = 2 ** 31 - 1;

const count = z.int().min(0);
const path = z.string().refine((value) => pathProblem(value) === undefined, "must be a valid object path");
const text = z.string().min(1);
const signal = z.custom<AbortSignal>(isSignal, "must be an AbortSignal");
const allow = z.array(z.string().refine(isAllowPrefix, "must be a path prefix or scheme://container/prefix"));
const resolvers = z.custom<readonly ReferenceResolver[]>(Array.isArray, "must be an array of resolvers");
const references = z.enum(["escape", "pass", "reject"]);
const sizes = {
  maxInlineSize: count,
  maxEnvelopeSize: z.int().min(1024),
  maxRecursionDepth: count,
  timeout: z.int().min(1).max(MAX_TIMEOUT),
};
const budgets = { maxReferences: count, maxBytes: count };

const managerSchema = z.strictObject({
  store: z.custom<Store>(hasMethods("write", "read", "stat", "delete", "list", "close"), "must be a Store").optional(),
  maxInlineSize: sizes.maxInlineSize.default(1024),
  maxEnvelopeSize: sizes.maxEnvelopeSize.default(262_144),
  maxRecursionDepth: sizes.maxRecursionDepth.default(10),
  maxReferences: budgets.maxReferences.default(10_000),
  maxBytes: budgets.maxBytes.default(268_435_456),
  outputPrefix: path.default("outputs"),
  inputPrefix: path.default("inputs"),
  concurrency: z.int().min(1).default(16),
  timeout: sizes.timeout.default(300_000),
  pack: z.literal(false).optional(),
  canonical: z.boolean().default(false),
  references: references.optional(),
  dialect: z.enum(["native", "bubustack"]).default("native"),
  allow: allow.default([]),
  schemas: z.custom<SchemaRegistry>(hasMethods("register", "check"), "must be a SchemaRegistry").optional(),
  resolvers: resolvers.default([]),
  observer: z.custom<StorageObserver>((value) => typeof value === "function", "must be a function").optional(),
  logger: z.custom<StorageLogger>(hasMethods("debug", "warn"), "must be a pino logger").optional(),
});

const dehydrateSchema = z.strictObject({
  ...z.object(sizes).partial().shape,
  references: references.optional(),
  scope: path.optional(),
  prefix: path.optional(),
  schema: text.optional(),
  schemaVersion: text.optional(),
  stepRunId: text.optional(),
  signal: signal.optional(),
});

const hydrateSchema = z.strictObject({
  ...z.object({ ...budgets, maxRecursionDepth: sizes.maxRecursionDepth, timeout: sizes.timeout }).partial().shape,
  schema: z.custom<StandardSchemaV1>(isStandardSchema, "must be a Standard Schema").optional(),
  allow: allow.optional(),
  resolvers: z.union([resolvers, z.literal(false)]).optional(),
  stepRunId: text.optional(),
  signal: signal.optional(),
  onProgress: z
    .custom<(progress: HydrateProgress) => void>((value) => typeof value === "function", "must be a function")
    .optional(),
});

/** Options of a manager, checked, with their defaults. */
export type ManagerSettings = z.output<typeof managerSchema> & { references: "escape" | "pass" | "reject" };

/** Options of one dehydration, those of the manager where the call says nothing. */
export type DehydrateSettings = ManagerSettings & z.output<typeof dehydrateSchema>;

/** Options of one hydration, those of the manager where the call says nothing. */
export type HydrateSettings = Omit<ManagerSettings, "resolvers"> &
  Omit<z.output<typeof hydrateSchema>, "resolvers"> & { resolvers: readonly ReferenceResolver[] };

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function managerSettings(options: StorageManagerOptions): ManagerSettings {
  const parsed = parseOptions(managerSchema, options, "StorageManager");
  assertResolvers(parsed.resolvers);
  const references = parsed.references ?? (parsed.dialect === "native" ? "escape" : "pass");
  return checkedReferences({ ...parsed, references });
}

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function dehydrateSettings(settings: ManagerSettings, options: DehydrateOptions | undefined): DehydrateSettings {
  if (options === undefined) return settings;
  return checkedReferences({ ...settings, ...given(parseOptions(dehydrateSchema, options, "dehydrate")) });
}

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function hydrateSettings(settings: ManagerSettings, options: HydrateOptions | undefined): HydrateSettings {
  if (options === undefined) return settings;
  const parsed = given(parseOptions(hydrateSchema, options, "hydrate"));
  const own = parsed.resolvers === false ? [] : (parsed.resolvers ?? settings.resolvers);
  assertResolvers(own);
  return { ...settings, ...parsed, allow: [...settings.allow, ...(parsed.allow ?? [])], resolvers: own };
}

function checkedReferences<Settings extends ManagerSettings>(settings: Settings): Settings {
  if (settings.dialect === "bubustack" && settings.references === "escape") {
    throw new StorageError(
      "CONFIG_INVALID",
      'references: "escape" is not possible in the dialect "bubustack", whose readers know no escapes; use "pass" or "reject".',
      { operation: "configure" },
    );
  }
  return settings;
}

type Given<Options> = { [Name in keyof Options]?: Exclude<Options[Name], undefined> };

// An option that is there but undefined does not override anything.
function given<Options extends object>(options: Options): Given<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<Options>;
}

function isSignal(value: unknown): boolean {
  return value instanceof EventTarget && "aborted" in value;
}

function isStandardSchema(value: unknown): boolean {
  return ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value;
}

function hasMethods(...names: string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
