import { setImmediate } from "node:timers/promises";
import type { EventDetails } from "../observe/recorder.js";
import type { ManagerParts } from "../call/call.js";
import { dehydrate, staysAsItIs } from "./dehydrate.js";
import type { DehydrateOptions } from "../configure/options.js";
import { dehydrateSettings, inputSettings } from "../configure/call-settings.js";
import { SourceOwner } from "./streams/source-owner.js";

// Milliseconds after which others have their turn. By the time of day, which is read faster than any other: when it jumps,
// there is one turn too many or too few.
const LONG = 10;

/**
 * Dehydrates a payload of a caller, who hands over the sources in it: they end with the call.
 *
 * @param own the prefix that the objects go under, unless the call names one: that of inputs asks for a small result
 */
export async function dehydratePayload(
  { settings: ownSettings, recorder, source }: ManagerParts,
  value: unknown,
  options: DehydrateOptions | undefined,
  own: "outputPrefix" | "inputPrefix",
): Promise<unknown> {
  const sources = new SourceOwner();
  try {
    const settings = dehydrateSettings(ownSettings, options);
    const prefix = settings[own];
    if (!recorder.listens) {
      const begun = Date.now();
      if (staysAsItIs(value, settings, prefix)) return value;
      // It takes long to find out of an object with very many keys, since they are listed in one go.
      if (Date.now() - begun >= LONG) await setImmediate();
    }
    const details: EventDetails = { store: settings.store?.name, stepRunId: settings.stepRunId };
    const given = own === "inputPrefix" ? inputSettings(settings) : settings;
    return await recorder.record("dehydrate", details, async () => {
      try {
        return await dehydrate(value, given, prefix, sources, recorder, details);
      } finally {
        if (details.entries !== undefined) source.noteWritten(details.scope);
      }
    });
  } catch (error) {
    sources.end(value, error);
    throw error;
  }
}
