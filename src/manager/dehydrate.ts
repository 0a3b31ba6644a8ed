import type { EventDetails, Recorder } from "../observe/recorder.js";
import { StorageError } from "../error.js";
import { serialize } from "../object/serialize.js";
import { forEachConcurrent } from "./concurrency.js";
import { layOut } from "./lay-out.js";
import { ObjectWriter } from "./object-writer.js";
import { planPayload, type LaidOutPlan } from "./plan-payload.js";
import type { DehydrateSettings } from "./settings.js";
import { storeSources } from "./store-sources.js";
import { Turns } from "./turns.js";

/** Dehydrates a payload: plan, lay out, write. The result exists only when every object of it is durable. */
export async function dehydrate(
  value: unknown,
  settings: DehydrateSettings,
  defaultPrefix: string,
  recorder: Recorder,
  details: EventDetails,
  signal: AbortSignal,
): Promise<unknown> {
  const turns = new Turns();
  const laidOut = planPayload(value, settings, defaultPrefix);
  const { plan, layoutOptions } = laidOut;
  details.entries = plan.entries.length;
  details.scope = layoutOptions.scope;
  const { store } = settings;
  if (store === undefined) return withoutStore(laidOut, settings);
  if (plan.entries.length === 0) {
    details.bytes = plan.size;
    details.inlineBytes = plan.inlineSize;
    return plan.value;
  }
  const writer = new ObjectWriter(store, settings, recorder);
  try {
    const sources = await storeSources(laidOut, settings, writer, signal);
    const objects = turns.steps(layOut(laidOut, settings, sources));
    await forEachConcurrent(objects, settings.concurrency, signal, async (object, groupSignal) => {
      await writer.write(object, groupSignal);
    });
    return plan.value;
  } catch (error) {
    // In a scope of the user's own, the same objects may be there from an earlier attempt, and be referenced.
    if (settings.scope === undefined) await writer.discard(signal);
    throw error;
  } finally {
    details.objects = writer.objects;
    if (recorder.listens) {
      details.bytes = plan.size;
      details.inlineBytes = Buffer.byteLength(serialize(plan.value, false));
    }
  }
}

function withoutStore({ plan }: LaidOutPlan, settings: DehydrateSettings): unknown {
  const tooLarge = plan.entries.length > 0 || plan.inlineSize > settings.maxInlineSize;
  if (!tooLarge) return plan.value;
  throw new StorageError(
    "STORAGE_DISABLED",
    `The payload has ${plan.size} bytes, or holds bytes, and storage is disabled: only up to ${settings.maxInlineSize} ` +
      "bytes of JSON pass. Configure a store, or raise maxInlineSize.",
    { operation: "dehydrate" },
  );
}
