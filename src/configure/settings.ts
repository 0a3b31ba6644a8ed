import { storeField } from "../store/is-store.js";
import * as z from "zod";
import { CodecSet } from "../codecs/codec-set.js";
import type { Codec } from "../codecs/codec.js";
import type { StorageObserver } from "../observe/event.js";
import type { StorageLogger } from "../observe/logger.js";
import { parseOptions } from "../options/parse-options.js";
import { arePrefixesNested } from "../reference/allow.js";
import { isCodecName } from "../reference/reference.js";
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
import type { StorageManagerOptions } from "./options.js";
import { signing } from "./signing-settings.js";

// Seven days in seconds: the limit of SigV4 (S3 API reference, "Authenticating Requests: Using Query Parameters").
const MAX_PRESIGN_EXPIRY = 604_800;

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
const NO_CODECS = 'can\'t be applied in the dialect "bubustack", whose references do not name them';

const CANNOT_SIGN = 'can\'t be used in the dialect "bubustack", whose references have no field for a signature';
const NESTED = "must not be inside of the other of outputPrefix and inputPrefix: a scope of one would be there too";
const managerSchema = z
  .strictObject({
    store: storeField.optional(),
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

/** Options of a manager, checked, with their defaults. */
export type ManagerSettings = z.output<typeof managerSchema> & {
  references: "escape" | "pass" | "reject";
  /** Whose prefixes these are; absent for the manager of all tenants. */
  tenant?: string;
  /** For whom references are; absent: anybody. */
  audience?: string | undefined;
};

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function managerSettings(options: StorageManagerOptions): ManagerSettings {
  const parsed = parseOptions(managerSchema, options, "StorageManager");
  const ownReferences = parsed.references ?? (parsed.dialect === "native" ? "escape" : "pass");
  return Object.freeze({ ...parsed, references: ownReferences, audience: parsed.signing?.audience });
}

function isCodec(value: unknown): boolean {
  return hasMethods("prepare", "decode", "decodeStream")(value) && isCodecName((value as Partial<Codec>).name);
}
