import * as z from "zod";
import type { ReferenceResolver } from "../resolvers/resolver.js";
import type { StandardSchemaV1 } from "../schemas/standard-schema.js";
import {
  allow,
  budgets,
  CANNOT_ESCAPE,
  canWrite,
  isOptions,
  isStandardSchema,
  NO_SCHEMES,
  path,
  prefix,
  references,
  resolvers,
  signal,
  sizes,
  text,
} from "./fields.js";
import { isFunction } from "../options/fields.js";
import type { HydrateProgress } from "./options.js";
import type { ManagerSettings } from "./settings.js";
import { noAudience, signedText } from "./signing-settings.js";

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

export const dehydrateSchemas = {
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

export const hydrateSchema = z.strictObject({
  ...z.object({ ...budgets, maxRecursionDepth: sizes.maxRecursionDepth, timeout: sizes.timeout }).partial().shape,
  schema: z.custom<StandardSchemaV1>(isStandardSchema, "must be a Standard Schema").optional(),
  allow: allow.optional(),
  resolvers: z.union([resolvers, z.boolean()]).optional(),
  stepRunId: text.optional(),
  audience: noAudience,
  signal: signal.optional(),
  onProgress: z.custom<(progress: HydrateProgress) => void>(isFunction, "must be a function").optional(),
});

const openSchema = z.strictObject({ signal: signal.optional(), audience: noAudience });
const selectSchema = openSchema.omit({ signal: true });

export const withAudience = { audience: signedText.optional() };
export const signedHydrateSchema = hydrateSchema.extend(withAudience);
export const openSchemas = {
  open: [openSchema, openSchema.extend(withAudience)],
  select: [selectSchema, selectSchema.extend(withAudience)],
} as const;

/** Options of one dehydration, those of the manager where the call says nothing. */
export type DehydrateSettings = ManagerSettings & Omit<z.output<typeof dehydrateSchema>, "audience">;

/** Options of one hydration, those of the manager where the call says nothing. */
export type HydrateSettings = Omit<ManagerSettings, "resolvers"> &
  Omit<z.output<typeof hydrateSchema>, "resolvers" | "audience"> & { resolvers: readonly ReferenceResolver[] };
