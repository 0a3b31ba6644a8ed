import { z } from "zod";
import type { Codec } from "../codecs/codec.js";
import { CodecSet } from "../codecs/codec-set.js";
import type { SchemaRegistry } from "../schemas/schema-registry.js";
import { assertStandardSchema, type StandardSchemaV1 } from "../schemas/standard-schema.js";
import type { StorageObserver } from "../observe/event.js";
import type { StorageLogger } from "../observe/logger.js";
import { formatLocation, locationProblem, schemeOf } from "../paths/location.js";
import { isAllowPrefix } from "../reference/allow.js";
import { parseLocation } from "../reference/location.js";
import { isCodecName } from "../reference/reference.js";
import { assertResolvers, type ReferenceResolver } from "../resolvers/resolver.js";
import { checkOptions, parseOptions, readOptions } from "../options/parse-options.js";
import { pathProblem } from "../paths/path.js";
import { isSignal } from "../store/call-options.js";
import type { Store } from "../store/store.js";
import { withResolvers } from "./acting-resolvers.js";
import { arePrefixesNested, assertOwnPrefixes, assertReadablePrefix } from "./confine.js";
import type {
  DehydrateOptions,
  HydrateOptions,
  HydrateProgress,
  OpenOptions,
  StorageManagerOptions,
} from "./options.js";
import { keepDehydration, lastDehydration } from "./last-dehydration.js";
import { noAudience, signedText, signing } from "./signing-settings.js";
import { tenantAudience } from "./tenant.js";

// The longest delay that a Node timer takes.
const MAX_TIMEOUT = 2 ** 31 - 1;

// Seven days in seconds: the limit of SigV4 (S3 API reference, "Authenticating Requests: Using Query Parameters").
const MAX_PRESIGN_EXPIRY = 604_800;

export const count = z.int().min(0);
export const path = z.string().refine((value) => pathProblem(value) === undefined, "must be a valid object path");
export const prefix = z.string().transform((value, context) => {
  const canonical = canonicalPrefix(value);
  if (canonical !== undefined) return canonical;
  context.issues.push({ code: "custom", message: NO_PREFIX, input: value });
  return z.NEVER;
});
export const text = z.string().min(1);
export const signal = z.custom<AbortSignal>(isSignal, "must be an AbortSignal");
export const allow = z.array(z.string().refine(isAllowPrefix, "must be a path prefix or scheme://container/prefix"));
const resolvers = z
  .custom<readonly ReferenceResolver[]>()
  .superRefine((value, context) => {
    const problem = problemOf(() => assertResolvers(value));
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  })
  .transform((list): readonly ReferenceResolver[] => [...list]); // a change of the list does not reach later calls
const references = z.enum(["escape", "pass", "reject"]);
export const sizes = {
  maxInlineSize: count,
  maxEnvelopeSize: z.int().min(1024),
  maxRecursionDepth: count,
  timeout: z.int().min(1).max(MAX_TIMEOUT),
};

const packLimits = z
  .strictObject({ maxEntrySize: count.optional(), maxPackSize: z.int().min(1).default(8_388_608) })
  .transform(({ maxPackSize, maxEntrySize = Math.min(262_144, maxPackSize) }) => ({ maxEntrySize, maxPackSize }))
  .refine(({ maxEntrySize, maxPackSize }) => maxEntrySize <= maxPackSize, {
    path: ["maxEntrySize"],
    error: "must not be over maxPackSize",
  });
// Not a union with `false`, whose errors name no field.
const pack = z.unknown().transform((value, context) => {
  if (value === false) return false as const;
  const limits = packLimits.safeParse(value);
  if (limits.success) return limits.data;
  for (const { path: field, message } of limits.error.issues) {
    context.issues.push({ code: "custom", path: field, message, input: undefined });
  }
  return z.NEVER;
});
const codecs = z
  .array(z.custom<Codec>(isCodec, "must be a codec: gzip(), brotli(), zstd() or aes256gcm()"))
  .superRefine((list, context) => {
    for (const [index, { name, encrypts }] of list.entries()) {
      const before = list.slice(0, index);
      if (before.some((other) => other.name === name)) {
        context.addIssue({ code: "custom", path: [index], message: "must not be there twice" });
      } else if (!encrypts && before.some((other) => other.encrypts)) {
        const message = "must come before the encryption, whose output no compression makes smaller";
        context.addIssue({ code: "custom", path: [index], message });
      }
    }
  })
  .transform((list) => new CodecSet(list));
const readCacheSchema = z.strictObject({ maxBytes: z.int().min(1), maxEntrySize: count.optional() });
const budgets = { maxReferences: count, maxBytes: count };

const CANNOT_ESCAPE =
  'can\'t be "escape" in the dialect "bubustack", whose readers know no escapes; use "pass" or "reject"';

const NO_CODECS = 'can\'t be applied in the dialect "bubustack", whose references do not name them';

const NO_PREFIX = "must be a valid object path or scheme://container/prefix";
const CANNOT_SIGN = 'can\'t be used in the dialect "bubustack", whose references have no field for a signature';
const NESTED = "must not be inside of the other of outputPrefix and inputPrefix: a scope of one would be there too";
const NO_SCHEMES = 'can\'t have a scheme in the dialect "bubustack", whose readers know one store only';

const managerSchema = z
  .strictObject({
    store: z
      .custom<Store>(hasMethods("write", "read", "stat", "delete", "list", "close"), "must be a Store")
      .optional(),
    maxInlineSize: sizes.maxInlineSize.default(1024),
    maxEnvelopeSize: sizes.maxEnvelopeSize.default(262_144),
    maxRecursionDepth: sizes.maxRecursionDepth.default(10),
    maxReferences: budgets.maxReferences.default(10_000),
    maxBytes: budgets.maxBytes.default(268_435_456),
    outputPrefix: prefix.default("outputs"),
    inputPrefix: prefix.default("inputs"),
    concurrency: z.int().min(1).default(16),
    timeout: sizes.timeout.default(300_000),
    pack: pack.prefault({}),
    readCache: readCacheSchema.optional(),
    codecs: codecs.prefault([]),
    canonical: z.boolean().default(false),
    lossy: z.enum(["error", "json"]).default("error"),
    references: references.optional(),
    dialect: z.enum(["native", "bubustack"]).default("native"),
    allow: allow.default([]),
    maxPresignExpiry: z.int().min(1).max(MAX_PRESIGN_EXPIRY).default(3600),
    signing: signing.optional(),
    schemas: z.custom<SchemaRegistry>(hasMethods("register", "check", "has"), "must be a SchemaRegistry").optional(),
    resolvers: resolvers.default([]),
    observer: z.custom<StorageObserver>((value) => typeof value === "function", "must be a function").optional(),
    logger: z.custom<StorageLogger>(hasMethods("debug", "warn"), "must be a pino logger").optional(),
  })
  .refine(({ dialect, references: mode }) => dialect !== "bubustack" || mode !== "escape", {
    path: ["references"],
    error: CANNOT_ESCAPE,
    when: isOptions,
  })
  .refine(({ dialect, codecs: { encodings } }) => dialect !== "bubustack" || encodings.length === 0, {
    path: ["codecs"],
    error: NO_CODECS,
    when: ({ value }) => isOptions({ value }) && (value as { codecs?: unknown }).codecs instanceof CodecSet,
  })
  .refine(({ dialect, signing: signed }) => dialect !== "bubustack" || signed === undefined, {
    path: ["signing"],
    error: CANNOT_SIGN,
    when: isOptions,
  })
  .refine((options) => canWrite(options.dialect, options.outputPrefix), {
    path: ["outputPrefix"],
    error: NO_SCHEMES,
    when: isOptions,
  })
  .refine((options) => canWrite(options.dialect, options.inputPrefix), {
    path: ["inputPrefix"],
    error: NO_SCHEMES,
    when: isOptions,
  })
  .refine(({ outputPrefix, inputPrefix }) => !arePrefixesNested(outputPrefix, inputPrefix), {
    path: ["inputPrefix"],
    error: NESTED,
    when: isOptions,
  });

const dehydrateSchema = z.strictObject({
  ...z.object(sizes).partial().shape,
  references: references.optional(),
  scope: path.optional(),
  prefix: prefix.optional(),
  schema: text.optional(),
  schemaVersion: text.optional(),
  stepRunId: text.optional(),
  audience: noAudience,
  signal: signal.optional(),
});

const dehydrateSchemas = {
  native: dehydrateSchema,
  signed: dehydrateSchema.extend({
    schema: signedText.optional(),
    schemaVersion: signedText.optional(),
    audience: signedText.optional(),
  }),
  bubustack: dehydrateSchema
    .extend({ references: references.exclude(["escape"], CANNOT_ESCAPE).optional() })
    .refine((options) => canWrite("bubustack", options.prefix), {
      path: ["prefix"],
      error: NO_SCHEMES,
      when: isOptions,
    }),
};

const hydrateSchema = z.strictObject({
  ...z.object({ ...budgets, maxRecursionDepth: sizes.maxRecursionDepth, timeout: sizes.timeout }).partial().shape,
  schema: z.custom<StandardSchemaV1>(isStandardSchema, "must be a Standard Schema").optional(),
  allow: allow.optional(),
  resolvers: z.union([resolvers, z.boolean()]).optional(),
  stepRunId: text.optional(),
  audience: noAudience,
  signal: signal.optional(),
  onProgress: z
    .custom<(progress: HydrateProgress) => void>((value) => typeof value === "function", "must be a function")
    .optional(),
});

const openSchema = z.strictObject({ signal: signal.optional(), audience: noAudience });
const selectSchema = openSchema.omit({ signal: true });

export const withAudience = { audience: signedText.optional() };
const signedHydrateSchema = hydrateSchema.extend(withAudience);
const openSchemas = {
  open: [openSchema, openSchema.extend(withAudience)],
  select: [selectSchema, selectSchema.extend(withAudience)],
} as const;

/** Options of a manager, checked, with their defaults. */
export type ManagerSettings = z.output<typeof managerSchema> & {
  references: "escape" | "pass" | "reject";
  /** Whose prefixes these are; absent for the manager of all tenants. */
  tenant?: string;
  /** For whom references are; absent: anybody. */
  audience?: string | undefined;
};

/** Options of one dehydration, those of the manager where the call says nothing. */
export type DehydrateSettings = ManagerSettings & Omit<z.output<typeof dehydrateSchema>, "audience">;

/** Options of one hydration, those of the manager where the call says nothing. */
export type HydrateSettings = Omit<ManagerSettings, "resolvers"> &
  Omit<z.output<typeof hydrateSchema>, "resolvers" | "audience"> & { resolvers: readonly ReferenceResolver[] };

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function managerSettings(options: StorageManagerOptions): ManagerSettings {
  const parsed = parseOptions(managerSchema, options, "StorageManager");
  const ownReferences = parsed.references ?? (parsed.dialect === "native" ? "escape" : "pass");
  return Object.freeze({ ...parsed, references: ownReferences, audience: parsed.signing?.audience });
}

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function dehydrateSettings(settings: ManagerSettings, options: DehydrateOptions | undefined): DehydrateSettings {
  if (options === undefined) return settings;
  const last = lastDehydration(settings, options);
  if (last !== undefined) return last;
  const own = readOptions(options, "dehydrate");
  const optionSchema = dehydrateSchemas[settings.signing === undefined ? settings.dialect : "signed"];
  const { signal: callSignal, ...parsed } = given(checkOptions(optionSchema, own, "dehydrate"));
  if (parsed.prefix !== undefined) assertReadablePrefix(parsed.prefix, settings, "dehydrate");
  const result: DehydrateSettings = { ...settings, ...parsed, ...audienceOf(parsed, settings) };
  keepDehydration(settings, own, result);
  return callSignal === undefined ? result : { ...result, signal: callSignal };
}

/** The settings of a call whose result is to fit in one value. */
export function inputSettings(settings: DehydrateSettings): DehydrateSettings {
  return { ...settings, maxEnvelopeSize: Math.min(settings.maxEnvelopeSize, settings.maxInlineSize) };
}

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function hydrateSettings(settings: ManagerSettings, options: HydrateOptions | undefined): HydrateSettings {
  if (options === undefined) return withResolvers(settings, undefined);
  const optionSchema = settings.signing === undefined ? hydrateSchema : signedHydrateSchema;
  const parsed = given(parseOptions(optionSchema, options, "hydrate"));
  assertOwnPrefixes("allow", parsed.allow ?? [], settings, "hydrate");
  const { resolvers: asked, ...rest } = parsed;
  const allowed = [...settings.allow, ...(parsed.allow ?? [])];
  return withResolvers({ ...settings, ...rest, ...audienceOf(parsed, settings), allow: allowed }, asked);
}

/**
 * The settings of a call that opens or selects one reference, and its signal.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function openSettings(
  settings: ManagerSettings,
  options: OpenOptions | undefined,
  operation: "open" | "presign" | "select",
): { settings: ManagerSettings; signal?: AbortSignal | undefined } {
  if (options === undefined) return { settings };
  const [unsigned, signed] = openSchemas[operation === "select" ? "select" : "open"];
  const parsed: OpenOptions = parseOptions(settings.signing === undefined ? unsigned : signed, options, operation);
  return { settings: { ...settings, ...audienceOf(parsed, settings) }, signal: parsed.signal };
}

// For the manager of a tenant it is never another's.
export function audienceOf(
  { audience }: { audience?: string | undefined },
  { tenant }: ManagerSettings,
): { audience?: string } {
  if (audience === undefined) return {};
  return { audience: tenant === undefined ? audience : tenantAudience(audience, tenant) };
}

type Given<Options> = { [Name in keyof Options]?: Exclude<Options[Name], undefined> };

// An option that is there but undefined does not override anything.
export function given<Options extends object>(options: Options): Given<Options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<Options>;
}

/** The prefix in the form that references to what lies below it have, or `undefined` for what is none. */
function canonicalPrefix(text: string): string | undefined {
  if (schemeOf(text) === undefined) return pathProblem(text) === undefined ? text : undefined;
  return isAllowPrefix(text) && locationProblem(text) === undefined ? formatLocation(parseLocation(text)) : undefined;
}

function canWrite(dialect: unknown, prefixOption: unknown): boolean {
  return dialect !== "bubustack" || typeof prefixOption !== "string" || schemeOf(prefixOption) === undefined;
}

// Other wrong options are no reason not to name one.
function isOptions({ value }: { value: unknown }): boolean {
  return typeof value === "object" && value !== null;
}

export function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function isCodec(value: unknown): boolean {
  return hasMethods("prepare", "decode", "decodeStream")(value) && isCodecName((value as Partial<Codec>).name);
}

function isStandardSchema(value: unknown): boolean {
  return problemOf(() => assertStandardSchema(value)) === undefined;
}

/** What a check says of a value that it refuses. */
function problemOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function hasMethods(...names: string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === "object" &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}
