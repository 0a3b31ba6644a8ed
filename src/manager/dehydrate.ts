import { createHash } from "node:crypto";
import type { EventDetails, Recorder } from "../observe/recorder.js";
import { schemaTagOf } from "../plan/layout.js";
import type { PlannedEntry } from "../plan/plan.js";
import type { PayloadSource } from "../plan/source.js";
import { StorageError } from "../error.js";
import type { Store } from "../store/store.js";
import { forEachConcurrent } from "./concurrency.js";
import { encodeEntry } from "./encode-entry.js";
import { planPayload, type LaidOutPlan } from "./plan-payload.js";
import { readSource } from "./read-source.js";
import type { DehydrateSettings } from "./settings.js";
import { asStorageError } from "./store-error.js";

/** An object to be written. */
interface NewObject {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

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
  const sources = await readSources(plan.entries, settings.concurrency, signal);
  const objects = layOut(laidOut, settings, sources);
  details.objects = objects.length;
  await writeObjects(store, objects, settings, recorder, details, signal);
  return plan.value;
}

/**
 * Encodes the entries and fills in the references to them, in order: what is referenced from inside another entry comes
 * before it. Entries with the same content are one object.
 *
 * @param sources the bytes of the binary entries
 */
export function layOut(
  { plan, layout, layoutOptions }: LaidOutPlan,
  settings: Pick<DehydrateSettings, "canonical">,
  sources: ReadonlyMap<PlannedEntry, Uint8Array>,
): NewObject[] {
  const objects = new Map<string, NewObject>();
  for (const entry of plan.entries) {
    const bytes = sources.get(entry) ?? encodeEntry(entry, schemaTagOf(entry, layoutOptions), settings.canonical);
    const digest = createHash("sha256").update(bytes).digest();
    const path = layout.objectPath(entry, digest);
    layout.fillSlot(entry, { path, size: bytes.byteLength, digest });
    // A StoredObject is JSON, also that of a text.
    objects.set(path, { path, bytes, contentType: entry.kind === "binary" ? entry.contentType : "application/json" });
  }
  return [...objects.values()];
}

async function readSources(
  entries: readonly PlannedEntry[],
  concurrency: number,
  signal: AbortSignal,
): Promise<Map<PlannedEntry, Uint8Array>> {
  // A stream that stands in several places can be read only once.
  const places = new Map<PayloadSource, PlannedEntry[]>();
  for (const entry of entries) {
    if (!("source" in entry.content)) continue;
    const { source } = entry.content;
    const sharers = places.get(source);
    if (sharers === undefined) places.set(source, [entry]);
    else sharers.push(entry);
  }
  const bytes = new Map<PlannedEntry, Uint8Array>();
  await forEachConcurrent([...places], concurrency, signal, async ([source, sharers], groupSignal) => {
    const read = await readSource(source, groupSignal);
    for (const entry of sharers) bytes.set(entry, read);
  });
  return bytes;
}

async function writeObjects(
  store: Store,
  objects: readonly NewObject[],
  settings: DehydrateSettings,
  recorder: Recorder,
  details: EventDetails,
  signal: AbortSignal,
): Promise<void> {
  const attribution = { store: store.name, stepRunId: settings.stepRunId };
  const begun: string[] = [];
  try {
    await forEachConcurrent(objects, settings.concurrency, signal, (object, groupSignal) =>
      recorder.record("write", { ...attribution, bytes: object.bytes.byteLength, objects: 1 }, async () => {
        begun.push(object.path); // one that fails may be there nevertheless
        await writeObject(store, object, groupSignal);
      }),
    );
  } catch (error) {
    // In a scope of the user's own, the same objects may be there from an earlier attempt, and be referenced.
    if (settings.scope === undefined && !signal.aborted) await discard(store, begun, settings.concurrency, signal);
    throw error;
  }
}

async function writeObject(store: Store, { path, bytes, contentType }: NewObject, signal: AbortSignal): Promise<void> {
  try {
    const type = (await takesContentType(store, path, signal)) ? { contentType } : {};
    await store.write(path, bytes, { size: bytes.byteLength, ...type, signal });
  } catch (error) {
    throw asStorageError(error, { operation: "write", store: store.name, path });
  }
}

async function takesContentType(store: Store, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    return ((await store.capabilityOf?.(path, { signal })) ?? store.capability).contentType;
  } catch {
    return false; // what is wrong, the write tells, which a layer may repeat
  }
}

/** Deletes what a failed call has, or may have, written: nobody knows its scope. The failure itself matters more than one in here. */
async function discard(
  store: Store,
  paths: readonly string[],
  concurrency: number,
  signal: AbortSignal,
): Promise<void> {
  const remove = (path: string): Promise<void> => store.delete(path, { signal }).catch(() => undefined);
  await forEachConcurrent(paths, concurrency, signal, remove).catch(() => undefined);
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
