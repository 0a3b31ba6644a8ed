import type { EventDetails, Recorder } from "../observe/recorder.js";
import { StorageError } from "../error.js";
import { forEachConcurrent } from "./concurrency.js";
import { layOut } from "./lay-out.js";
import { ObjectWriter } from "./object-writer.js";
import { planPayload, type LaidOutPlan } from "./plan-payload.js";
import type { DehydrateSettings } from "./settings.js";
import { storeSources } from "./store-sources.js";

/** Dehydrates a payload: plan, lay out, write. The result exists only when every object of it is durable. */
export async function dehydrate(
  value: unknown,
  settings: DehydrateSettings,
  defaultPrefix: string,
  recorder: Recorder,
  details: EventDetails,
  signal: AbortSignal,
): Promise<unknown> {
  const laidOut = planPayload(value, settings, defaultPrefix);
  const { plan, layoutOptions } = laidOut;
  details.bytes = plan.size;
  details.inlineBytes = plan.inlineSize;
  details.entries = plan.entries.length;
  details.scope = layoutOptions.scope;
  const { store } = settings;
  if (store === undefined) return withoutStore(laidOut, settings);
  if (plan.entries.length === 0) return plan.value;
  const writer = new ObjectWriter(store, settings, recorder);
  try {
    const sources = await storeSources(laidOut, settings, writer, signal);
    const objects = layOut(laidOut, settings, sources);
    await forEachConcurrent(objects, settings.concurrency, signal, (object, groupSignal) =>
      writer.write(object, groupSignal),
    );
  } catch (error) {
    // In a scope of the user's own, the same objects may be there from an earlier attempt, and be referenced.
    if (settings.scope === undefined) await writer.discard(signal);
    throw error;
  } finally {
    details.objects = writer.objects;
  }
  return plan.value;
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
