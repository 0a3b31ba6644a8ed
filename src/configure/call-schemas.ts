import * as z from "zod/mini";
import type { ReferenceResolver } from "../resolvers/resolver.js";
import type { StandardSchemaV1 } from "../schemas/standard-schema.js";
import {
  allow,
  budgets,
  CANNOT_ESCAPE,
  canWrite,
  count,
  isOptions,
  isStandardSchema,
  NO_SCHEMES,
  prefix,
  references,
  resolvers,
  scope,
  signal,
  sizes,
  text,
} from "./fields.js";
import { isFunction } from "../options/fields.js";
import type { HydrateProgress } from "./options.js";
import type { ManagerSettings } from "./settings.js";
import { timeToLive } from "./retention.js";
import { noAudience, signedText } from "./signing-settings.js";

const dehydrateSchema = z.strictObject({
  ...z.partial(z.object(sizes)).shape,
  references: z.optional(references),
  scope: z.optional(scope),
  ttl: z.optional(timeToLive),
  prefix: z.optional(prefix),
  schema: z.optional(text),
  schemaVersion: z.optional(text),
  stepRunId: z.optional(text),
  audience: noAudience,
  signal: z.optional(signal),
});

export const dehydrateSchemas = {
  native: dehydrateSchema,
  signed: z.extend(dehydrateSchema, {
    schema: z.optional(signedText),
    schemaVersion: z.optional(signedText),
    audience: z.optional(signedText),
  }),
  bubustack: z
    .extend(dehydrateSchema, { references: z.optional(z.enum(["pass", "reject", "adopt"], CANNOT_ESCAPE)) })
    .check(
      z.refine((options) => canWrite("bubustack", options.prefix), {
        path: ["prefix"],
        error: NO_SCHEMES,
        when: isOptions,
      }),
    ),
};

export const hydrateSchema = z.strictObject({
  ...z.partial(z.object({ ...budgets, maxRecursionDepth: sizes.maxRecursionDepth, timeout: sizes.timeout })).shape,
  schema: z.optional(z.custom<StandardSchemaV1>(isStandardSchema, "must be a Standard Schema")),
  allow: z.optional(allow),
  resolvers: z.optional(z.union([resolvers, z.boolean()])),
  stepRunId: z.optional(text),
  audience: noAudience,
  signal: z.optional(signal),
  onProgress: z.optional(z.custom<(progress: HydrateProgress) => void>(isFunction, "must be a function")),
});

const openSchema = z.strictObject({
  signal: z.optional(signal),
  audience: noAudience,
  offset: z.optional(count),
  length: z.optional(count),
});
const presignSchema = z.omit(openSchema, { offset: true, length: true });
const selectSchema = z.omit(presignSchema, { signal: true });

export const withAudience = { audience: z.optional(signedText) };
export const signedHydrateSchema = z.extend(hydrateSchema, withAudience);
export const openSchemas = {
  open: [openSchema, z.extend(openSchema, withAudience)],
  presign: [presignSchema, z.extend(presignSchema, withAudience)],
  select: [selectSchema, z.extend(selectSchema, withAudience)],
} as const;

/** Options of one dehydration. The manager's options apply where the call gives none. */
export type DehydrateSettings = ManagerSettings & Omit<z.output<typeof dehydrateSchema>, "audience">;

/** The settings of one dehydration: those that other calls may share, and what belongs to this call alone. */
export interface CallSettings {
  /** Without scope and signal. */
  readonly shared: DehydrateSettings;
  readonly scope: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Options of one hydration. The manager's options apply where the call gives none. */
export type HydrateSettings = Omit<ManagerSettings, "resolvers"> &
  Omit<z.output<typeof hydrateSchema>, "resolvers" | "audience"> & { resolvers: readonly ReferenceResolver[] };
