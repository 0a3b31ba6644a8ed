import { checkOptions, parseOptions, readOptions } from "../options/parse-options.js";
import { isPlainObject } from "../json/is-object.js";
import { isSignal } from "../store/call-options.js";
import { withResolvers } from "./acting-resolvers.js";
import {
  dehydrateSchemas,
  hydrateSchema,
  openSchemas,
  signedHydrateSchema,
  type CallSettings,
  type DehydrateSettings,
  type HydrateSettings,
} from "./call-schemas.js";
import { assertOwnPrefixes, assertReadablePrefix } from "./confine.js";
import { keepDehydration, lastDehydration } from "./last-dehydration.js";
import type { DehydrateOptions, HydrateOptions, OpenOptions } from "./options.js";
import type { ManagerSettings } from "./settings.js";
import { ttlOf } from "./retention.js";
import { tenantAudience } from "./tenant.js";

/** Returns the settings of a dehydration. @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function dehydrateSettings(settings: ManagerSettings, options: DehydrateOptions | undefined): DehydrateSettings {
  return joined(callSettings(settings, options));
}

/** Does the same for a call that may not need all of them. @throws {StorageError} `CONFIG_INVALID` */
export function callSettings(settings: ManagerSettings, options: DehydrateOptions | undefined): CallSettings {
  if (options === undefined) return { shared: settings, scope: undefined, signal: undefined };
  const last = lastDehydration(settings, options);
  if (last !== undefined) return last;
  const own = readOptions(options, "dehydrate");
  const optionSchema = dehydrateSchemas[settings.signing === undefined ? settings.dialect : "signed"];
  const { signal, scope, ...parsed } = given(checkOptions(optionSchema, own, "dehydrate"));
  if (parsed.prefix !== undefined) assertReadablePrefix(parsed.prefix, settings, "dehydrate");
  const shared: DehydrateSettings = { ...settings, ...parsed, ...audienceOf(parsed, settings) };
  if (parsed.ttl !== undefined) ttlOf(shared, "", parsed.ttl);
  keepDehydration(settings, own, shared);
  return { shared, scope, signal };
}

/** Joins the settings of a call. It makes a copy, which takes as long as all else of a call that stores nothing. */
export function joined({ shared, scope, signal }: CallSettings): DehydrateSettings {
  if (signal !== undefined) return scope === undefined ? { ...shared, signal } : { ...shared, scope, signal };
  return scope === undefined ? shared : { ...shared, scope };
}

/** Returns the settings of a call whose result must fit in one value. */
export function inputSettings(settings: DehydrateSettings): DehydrateSettings {
  return { ...settings, maxEnvelopeSize: Math.min(settings.maxEnvelopeSize, settings.maxInlineSize) };
}

/** Returns the settings of a hydration. @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function hydrateSettings(settings: ManagerSettings, options: HydrateOptions | undefined): HydrateSettings {
  if (options === undefined) return withResolvers(settings, undefined);
  const own = onlySignal(options);
  if (own !== undefined) return withResolvers({ ...settings, signal: own }, undefined);
  const optionSchema = settings.signing === undefined ? hydrateSchema : signedHydrateSchema;
  const parsed = given(parseOptions(optionSchema, options, "hydrate"));
  assertOwnPrefixes("allow", parsed.allow ?? [], settings, "hydrate");
  const { resolvers: asked, ...rest } = parsed;
  const allowed = [...settings.allow, ...(parsed.allow ?? [])];
  return withResolvers({ ...settings, ...rest, ...audienceOf(parsed, settings), allow: allowed }, asked);
}

/**
 * Returns the signal of options that hold nothing else, as in most calls. zod would take as long as a small payload.
 */
function onlySignal(options: object): AbortSignal | undefined {
  try {
    if (!isPlainObject(options) || Object.getOwnPropertyNames(options).join() !== "signal") return undefined;
    const { signal } = options;
    return isSignal(signal) ? signal : undefined;
  } catch {
    return undefined; // a getter or a proxy threw: the check reports it
  }
}

/** The decoded bytes of a value that are wanted. */
export interface ReadRange {
  readonly offset: number;
  /** If absent, the range goes to the end. */
  readonly length: number | undefined;
}

/** Options of one `open`. The manager's options apply where the call gives none. */
export type OpenSettings = ManagerSettings & { readonly range?: ReadRange | undefined };

/**
 * Returns the settings of a call that opens or selects one reference, and its signal.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function openSettings(
  settings: ManagerSettings,
  options: OpenOptions | undefined,
  operation: "open" | "presign" | "select",
): { settings: OpenSettings; signal?: AbortSignal | undefined } {
  if (options === undefined) return { settings };
  const [unsigned, signed] = openSchemas[operation];
  const parsed: OpenOptions = parseOptions(settings.signing === undefined ? unsigned : signed, options, operation);
  const { offset = 0, length } = parsed;
  const range = offset === 0 && length === undefined ? undefined : { offset, length };
  return { settings: { ...settings, ...audienceOf(parsed, settings), range }, signal: parsed.signal };
}

// The manager of a tenant never gets the audience of another tenant.
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
