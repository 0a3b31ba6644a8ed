import * as z from "zod/mini";
import { uuidv7 } from "uuidv7";
import { callStore, requireStore, type ManagerParts } from "../call/call.js";
import { dehydrateSettings } from "../configure/call-settings.js";
import { path, prefix, signal, text } from "../configure/fields.js";
import type { DehydrateOptions } from "../configure/options.js";
import { timeToLive } from "../configure/retention.js";
import { CallExpiry } from "../dehydrate/call-expiry.js";
import { dehydratePayload } from "../dehydrate/dehydrate.js";
import { SourceOwner } from "../dehydrate/streams/source-owner.js";
import type { EventDetails } from "../observe/recorder.js";
import { parseOptions, uncheckedOption } from "../options/parse-options.js";
import { Adoption, type AdoptOptions } from "./adoption.js";
import { releaseScope } from "./release.js";

const schema = z.strictObject({
  scope: path,
  prefix: z.optional(prefix),
  ttl: z.optional(timeToLive),
  audience: z.optional(text),
  signal: z.optional(signal),
});

/** Returns an envelope whose references all belong to its own scope. See `StorageManager.adopt`. */
export async function adopt<T>(parts: ManagerParts, value: T, options: AdoptOptions): Promise<T> {
  const own: AdoptOptions = parseOptions(schema, options, "adopt");
  const settings = dehydrateSettings(parts.settings, own);
  const details: EventDetails = { store: settings.store?.name, scope: own.scope };
  return callStore(parts, "adopt", details, { signal: own.signal }, async (callSignal) => {
    const store = requireStore(settings, "adopt");
    const adoption = new Adoption({ ...parts, settings }, store, own, callSignal);
    try {
      return (await adoption.payload(value)) as T;
    } finally {
      details.objects = adoption.objects;
    }
  });
}

/** Returns whether a dehydration adopts the references in its payload into its own scope. */
export function adopts({ settings }: ManagerParts, options: DehydrateOptions | undefined): boolean {
  return (uncheckedOption(options, "references") ?? settings.references) === "adopt";
}

/**
 * Dehydrates a payload and adopts its references into the scope of the call. The references come first, then the parts
 * that leave the payload.
 */
export async function adoptAndDehydrate(
  parts: ManagerParts,
  value: unknown,
  options: DehydrateOptions = {},
  own: "outputPrefix" | "inputPrefix",
): Promise<unknown> {
  const sources = new SourceOwner();
  let below: string | undefined;
  let scope: string | undefined;
  let adopted = value;
  try {
    const settings = dehydrateSettings(parts.settings, options);
    const { ttl, signal: callSignal, audience } = settings;
    below = settings.prefix ?? settings[own];
    scope = settings.scope ?? uuidv7();
    // The adopted objects have a label from here on. Both halves together may take no longer than one call.
    const expiry = CallExpiry.begin(settings);
    expiry?.label(scope);
    const given = { scope, prefix: below, ttl, signal: callSignal, audience: settings.signing && audience };
    if (settings.store !== undefined) adopted = await adopt(parts, value, given);
    const dehydrated = await dehydratePayload(parts, adopted, { ...options, scope, references: "pass" }, own);
    expiry?.assertInTime();
    return dehydrated;
  } catch (error) {
    sources.end(value, error);
    // The caller does not know a scope that was made here, so nobody would ever release it.
    const given = options.scope === undefined && scope !== undefined ? giveBack(parts, scope, below!) : undefined;
    if (options.signal?.aborted !== true) await given;
    throw error;
  }
}

async function giveBack({ settings }: ManagerParts, scope: string, below: string): Promise<void> {
  const there = { ...settings, outputPrefix: below, inputPrefix: below };
  try {
    await releaseScope({ scope }, there, {}, AbortSignal.timeout(settings.timeout));
  } catch {
    // The reason why the call failed matters more.
  }
}
