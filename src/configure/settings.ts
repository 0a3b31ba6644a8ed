import { MAX_PRESIGN_SECONDS } from "../store/check.js";
import { storeField } from "../store/is-store.js";
import * as z from "zod/mini";
import { CodecSet } from "../codecs/codec-set.js";
import type { Codec } from "../codecs/codec.js";
import { observerField } from "../observe/observer.js";
import type { StorageLogger } from "../observe/logger.js";
import { checkOptions, PARSING, readOptions, type OwnOptions } from "../options/parse-options.js";
import { arePrefixesNested } from "../reference/allow.js";
import { isCodecName } from "../reference/fields.js";
import type { SchemaRegistry } from "../schemas/schema-registry.js";
import {
  allow,
  budgets,
  CANNOT_ESCAPE,
  canWrite,
  count,
  isOptions,
  NO_SCHEMES,
  prefix,
  references,
  resolvers,
  sizes,
} from "./fields.js";
import { hasMethods } from "../options/fields.js";
import { retention, retentionProblems } from "./retention.js";
import type { ReferenceMode, StorageManagerOptions } from "./options.js";
import { signing } from "./signing-settings.js";

const packLimits = z
  .pipe(
    z.strictObject({ maxEntrySize: z.optional(count), maxPackSize: z._default(z.int().check(z.gte(1)), 8_388_608) }),
    z.transform(({ maxPackSize, maxEntrySize = Math.min(262_144, maxPackSize) }) => ({ maxEntrySize, maxPackSize })),
  )
  .check(
    z.refine(({ maxEntrySize, maxPackSize }) => maxEntrySize <= maxPackSize, {
      path: ["maxEntrySize"],
      error: "must not be over maxPackSize",
    }),
  );
// Not a union with `false`, because the errors of a union name no field.
const pack = z.pipe(
  z.unknown(),
  z.transform((value, context) => {
    if (value === false) return false as const;
    const limits = packLimits.safeParse(value, PARSING);
    if (limits.success) return limits.data;
    for (const { path: field, message } of limits.error.issues) {
      context.issues.push({ code: "custom", path: field, message, input: undefined });
    }
    return z.NEVER;
  }),
);
const codecs = z.pipe(
  z.array(z.custom<Codec>(isCodec, "must be a codec: gzip(), brotli(), zstd() or aes256gcm()")).check(
    z.superRefine((list, context) => {
      for (const [index, { name, encrypts }] of list.entries()) {
        const before = list.slice(0, index);
        if (before.some((other) => other.name === name)) {
          context.addIssue({ code: "custom", path: [index], message: "must not be there twice" });
        } else if (!encrypts && before.some((other) => other.encrypts)) {
          const message = "must come before the encryption, whose output no compression makes smaller";
          context.addIssue({ code: "custom", path: [index], message });
        }
      }
    }),
  ),
  z.transform((list) => new CodecSet(list)),
);
const readCacheSchema = z.strictObject({ maxBytes: z.int().check(z.gte(1)), maxEntrySize: z.optional(count) });
const NO_CODECS = 'can\'t be applied in the dialect "bubustack", whose references do not name them';

const CANNOT_SIGN = 'can\'t be used in the dialect "bubustack", whose references have no field for a signature';
const NESTED = "must not be inside of the other of outputPrefix and inputPrefix: a scope of one would be there too";
const managerSchema = z
  .strictObject({
    preset: z.optional(z.enum(["workflow", "message"])),
    store: z.optional(storeField),
    maxInlineSize: z._default(sizes.maxInlineSize, 1024),
    maxEnvelopeSize: z._default(sizes.maxEnvelopeSize, 262_144),
    maxRecursionDepth: z._default(sizes.maxRecursionDepth, 10),
    maxReferences: z._default(budgets.maxReferences, 10_000),
    maxBytes: z._default(budgets.maxBytes, 268_435_456),
    outputPrefix: z._default(prefix, "outputs"),
    inputPrefix: z._default(prefix, "inputs"),
    concurrency: z._default(z.int().check(z.gte(1)), 16),
    timeout: z._default(sizes.timeout, 300_000),
    pack: z.prefault(pack, {}),
    readCache: z.optional(readCacheSchema),
    codecs: z.prefault(codecs, []),
    canonical: z._default(z.boolean(), false),
    lossy: z._default(z.enum(["error", "json"]), "error"),
    references: z.optional(references),
    dialect: z._default(z.enum(["native", "bubustack"]), "native"),
    allow: z._default(allow, []),
    maxPresignExpiry: z._default(z.int().check(z.gte(1), z.lte(MAX_PRESIGN_SECONDS)), 3600),
    signing: z.optional(signing),
    schemas: z.optional(z.custom<SchemaRegistry>(hasMethods("register", "check", "has"), "must be a SchemaRegistry")),
    resolvers: z._default(resolvers, []),
    retention: z.prefault(retention, {}),
    observer: observerField,
    logger: z.optional(z.custom<StorageLogger>(hasMethods("debug", "warn"), "must be a pino logger")),
  })
  .check(
    z.check(({ value, issues }) => {
      for (const { path: field, message } of retentionProblems(value.retention, value.timeout)) {
        issues.push({ code: "custom", path: ["retention", ...field], message, input: undefined });
      }
    }),
    z.refine(({ dialect, references: mode }) => dialect !== "bubustack" || mode !== "escape", {
      path: ["references"],
      error: CANNOT_ESCAPE,
      when: isOptions,
    }),
    z.refine(({ dialect, codecs: { encodings } }) => dialect !== "bubustack" || encodings.length === 0, {
      path: ["codecs"],
      error: NO_CODECS,
      when: ({ value }) => isOptions({ value }) && (value as { codecs?: unknown }).codecs instanceof CodecSet,
    }),
    z.refine(({ dialect, signing: signed }) => dialect !== "bubustack" || signed === undefined, {
      path: ["signing"],
      error: CANNOT_SIGN,
      when: isOptions,
    }),
    z.refine((options) => canWrite(options.dialect, options.outputPrefix), {
      path: ["outputPrefix"],
      error: NO_SCHEMES,
      when: isOptions,
    }),
    z.refine((options) => canWrite(options.dialect, options.inputPrefix), {
      path: ["inputPrefix"],
      error: NO_SCHEMES,
      when: isOptions,
    }),
    z.refine(({ outputPrefix, inputPrefix }) => !arePrefixesNested(outputPrefix, inputPrefix), {
      path: ["inputPrefix"],
      error: NESTED,
      when: isOptions,
    }),
  );

/** Options of a manager, checked, with their defaults. */
export type ManagerSettings = z.output<typeof managerSchema> & {
  references: ReferenceMode;
  /** Whether keys of data are already escaped, in a value that was stored before. If absent, they are not. */
  isEscaped?: boolean;
  /** The tenant that the prefixes belong to. Absent for the manager of all tenants. */
  tenant?: string;
  /** The audience of references. If absent, they are for anybody. */
  audience?: string | undefined;
};

/**
 * Checks the options of a manager, and adds defaults. @throws {StorageError} `CONFIG_INVALID` naming every wrong
 * field
 */
export function managerSettings(options: StorageManagerOptions): ManagerSettings {
  const own = withPreset(readOptions(options, "StorageManager"));
  const parsed = checkOptions(managerSchema, own, "StorageManager");
  const ownReferences = parsed.references ?? (parsed.dialect === "native" ? "escape" : "pass");
  return Object.freeze({ ...parsed, references: ownReferences, audience: parsed.signing?.audience });
}

function isCodec(value: unknown): boolean {
  return hasMethods("prepare", "decode", "decodeStream")(value) && isCodecName((value as Partial<Codec>).name);
}

/** Sets of options for one kind of use. See {@link StorageManagerOptions.preset}. */
export type Preset = keyof typeof PRESETS;

/** The options that each preset stands for, and nothing more. */
export const PRESETS = {
  // The result of one step is handed on by the next step, and read by several.
  workflow: { references: "pass", readCache: { maxBytes: 67_108_864 } },
  // The limit of the smallest brokers is 256 KiB with attributes. Inline values cost their reader no request.
  message: { maxInlineSize: 32_768, maxEnvelopeSize: 196_608 },
} as const satisfies Record<string, StorageManagerOptions>;

/** Adds the options of the preset where none are given. The check of the options reports an unknown preset. */
function withPreset({ names, values }: OwnOptions): OwnOptions {
  const preset = values[names.indexOf("preset")];
  if (typeof preset !== "string" || !Object.hasOwn(PRESETS, preset)) return { names, values };
  const given = new Map<string, unknown>(Object.entries(PRESETS[preset as Preset]));
  for (const [index, name] of names.entries()) {
    if (values[index] !== undefined || !given.has(name)) given.set(name, values[index]);
  }
  return { names: [...given.keys()], values: [...given.values()] };
}
