import { callSettings, inputSettings, joined } from "../configure/call-settings.js";
import type { DehydrateOptions } from "../configure/options.js";
import type { ManagerParts } from "../call/call.js";
import { setImmediate } from "node:timers/promises";
import type { EventDetails, Recorder } from "../observe/recorder.js";
import { warnOnce } from "../observe/warn-once.js";
import { atCaller } from "../errors/at-caller.js";
import { StorageError } from "../errors/error.js";
import { schemeOf } from "../paths/location.js";
import { formatPayloadPath } from "../plan/payload-path.js";
import type { PayloadPlan } from "../plan/plan.js";
import { isSmallPlainPayload, listKeys } from "../plan/small-payload.js";
import { abortable, throwIfAborted } from "../async/abort.js";
import { AT_ONCE } from "../store/at-once.js";
import type { Store } from "../store/store.js";
import { forEachConcurrent } from "../async/concurrency.js";
import { abortedCall, withDeadline } from "../call/deadline.js";
import { EntryCodecs } from "./encode-entry.js";
import { inlineBytes } from "./dehydration-plan.js";
import { isLoneEntry, layOut, loneObject } from "./lay-out.js";
import { ObjectWriter, type NewObject } from "./object-writer.js";
import { Planning, type PlannedPayload } from "./plan-payload.js";
import type { CallSettings, DehydrateSettings } from "../configure/call-schemas.js";
import { SourceOwner } from "./streams/source-owner.js";
import { SourceStorage } from "./streams/store-sources.js";
import { Turns } from "../async/turns.js";

/**
 * Decides quickly whether a dehydration returns the payload itself. It is the fast exit for small payloads. Otherwise
 * it returns the keys of the payload, if they were listed.
 */
function staysAsItIs(
  value: unknown,
  { shared, signal }: CallSettings,
  own: "outputPrefix" | "inputPrefix",
): boolean | readonly string[] {
  const { maxInlineSize, maxEnvelopeSize, prefix = shared[own] } = shared;
  // The store may have no route for an absolute prefix. That is an error for every payload.
  if (signal?.aborted === true || schemeOf(prefix) !== undefined) return false;
  try {
    const keys = listKeys(value);
    return isSmallPlainPayload(value, Math.min(maxInlineSize, maxEnvelopeSize), keys) || (keys ?? false);
  } catch {
    return false; // a getter or a proxy threw: the walk reports the place
  }
}

const ESCAPED =
  'The payload holds references, and they were escaped: whoever hydrates it gets them as data. Say references: "pass" if ' +
  "they are to stand for what they lead to.";

/** One dehydration: plan, lay out, write. The result exists only when every object of it is durable. */
class Dehydration {
  private readonly turns = new Turns();

  constructor(
    private readonly settings: DehydrateSettings,
    private readonly recorder: Recorder,
    private readonly details: EventDetails,
  ) {}

  /**
   * Dehydrates a payload.
   *
   * @param sources owns the sources of the payload; the caller must end them
   * @param keys the keys of the payload, if they were listed a moment ago
   */
  async run(
    value: unknown,
    defaultPrefix: string,
    sources: SourceOwner,
    keys: readonly string[] | undefined,
  ): Promise<unknown> {
    const { settings, turns } = this;
    const { signal } = settings;
    if (signal?.aborted === true) throw abortedCall("dehydrate", signal);
    const planning = new Planning(value, settings, defaultPrefix, sources, keys);
    if (planning.step()) return this.store(planning);
    return withDeadline("dehydrate", settings, async (callSignal) => {
      do {
        await turns.take();
        throwIfAborted(callSignal);
      } while (!planning.step());
      return this.store(planning, callSignal);
    });
  }

  /** Stores the entries of a planned payload. @param signal that of the call, if its time is already running */
  private async store(planned: PlannedPayload, signal?: AbortSignal): Promise<unknown> {
    const { settings, recorder, details } = this;
    const { plan } = planned;
    const { store: target } = settings;
    if (planned.escaped > 0) this.noteEscaped(planned.escaped);
    if (recorder.listens || plan.entries.length > 0) {
      details.entries = plan.entries.length;
      details.scope = planned.layoutOptions.scope;
    }
    if (target === undefined) return this.withoutStore(plan);
    if (plan.entries.length > 0) {
      const atOnce = signal === undefined && !recorder.listens ? AT_ONCE.of(target) : undefined;
      if (atOnce !== undefined && planned.expiry === undefined && isLoneEntry(planned, settings)) {
        if (settings.signal?.aborted === true) throw abortedCall("dehydrate", settings.signal); // a getter may have done so
        const { path, body, contentType } = loneObject(planned, settings);
        atOnce.put(path, body, contentType);
        details.objects = 1;
        return plan.value;
      }
      const write = (callSignal: AbortSignal): Promise<unknown> => this.writeEntries(target, planned, callSignal);
      return signal === undefined ? withDeadline("dehydrate", settings, write) : write(signal);
    }
    if (recorder.listens) {
      details.bytes = plan.size;
      details.inlineBytes = plan.inlineSize;
    }
    return plan.value;
  }

  private noteEscaped(count: number): void {
    const { settings, recorder, details } = this;
    details.escaped = count;
    if (settings.logger !== undefined) warnOnce(recorder, "escaped", settings.logger, ESCAPED);
  }

  private async writeEntries(store: Store, planned: PlannedPayload, signal: AbortSignal): Promise<unknown> {
    const { settings, recorder, details } = this;
    const { plan, budget } = planned;
    const { scope, dialect, codecs: configured } = settings;
    const isShared = scope !== undefined && !configured.encrypts;
    // Names in bubustack do not depend on the content, so one write may already overwrite an earlier object.
    const mayBeRefused = budget?.isOpen === true || budget?.isTight === true;
    const defers = isShared && dialect === "native" && mayBeRefused;
    // The scope is a fresh one if none was given.
    const own = { ...settings, scope: planned.layoutOptions.scope };
    const writer = new ObjectWriter(store, own, recorder, defers);
    try {
      if (isLoneEntry(planned, settings)) {
        await abortable(writer.write(loneObject(planned, settings), signal), signal);
      } else {
        await this.writeObjects(planned, writer, signal);
      }
      assertBytesThere(plan);
      planned.expiry?.assertInTime();
      return plan.value;
    } catch (error) {
      // In a scope of the user's own, an earlier attempt may have written the same objects, and references may point at
      // them. Encrypted objects are an exception, because no other call can have made them.
      if (isShared) await writer.drop(signal);
      else await writer.discard(signal);
      // If bytes are gone, that explains more than the error that followed.
      if (!signal.aborted) assertBytesThere(plan, error);
      throw error;
    } finally {
      details.objects = writer.objects;
      if (recorder.listens) {
        details.bytes = plan.size;
        details.inlineBytes = inlineBytes(plan);
      }
    }
  }

  private async writeObjects(planned: PlannedPayload, writer: ObjectWriter, signal: AbortSignal): Promise<void> {
    const { settings } = this;
    const codecs = await EntryCodecs.prepare(settings, planned.layoutOptions, signal);
    const sources = await new SourceStorage(planned, settings, codecs, writer).store(signal);
    const steps = this.turns.steps(layOut(planned, settings, sources, codecs));
    const objects = planned.budget?.isTight === true ? await all(steps) : steps;
    await writer.finish(signal);
    await forEachConcurrent(objects, settings.concurrency, signal, async (object, groupSignal) => {
      await writer.write(object, groupSignal);
    });
  }

  private withoutStore(plan: PayloadPlan): unknown {
    const { maxInlineSize } = this.settings;
    const tooLarge = plan.entries.length > 0 || plan.inlineSize > maxInlineSize;
    if (!tooLarge) return plan.value;
    throw new StorageError(
      "STORAGE_DISABLED",
      `The payload has ${plan.size} bytes, or holds bytes, and storage is disabled: only up to ${maxInlineSize} bytes of ` +
        "JSON pass. Configure a store, or raise maxInlineSize.",
      { operation: "dehydrate" },
    );
  }
}

/** Collects all objects before the first is written. Only then is it known whether hydration could read them. */
async function all(objects: AsyncIterable<NewObject>): Promise<NewObject[]> {
  const made: NewObject[] = [];
  for await (const object of objects) made.push(object);
  return made;
}

/**
 * Refuses bytes whose memory was transferred or made smaller while they were stored. Nobody knows which of them were
 * stored.
 */
function assertBytesThere({ entries }: PayloadPlan, cause?: unknown): void {
  for (const entry of entries) {
    const { content, path } = entry;
    if (!("source" in content) || !(content.source instanceof Uint8Array)) continue;
    if (content.source.byteLength === entry.size) continue; // of other entries, finding the size would take long
    const problem = "its memory was transferred or made smaller before the call had ended";
    throw new StorageError("UNSERIALIZABLE", `The bytes at ${formatPayloadPath(path)} can't be stored: ${problem}.`, {
      operation: "dehydrate",
      cause,
    });
  }
}

// Milliseconds after which other tasks get their turn. They are measured by the time of day, which is the fastest
// clock to read. If that clock jumps, there is one turn too many or too few.
const LONG = 10;

/**
 * Dehydrates the payload of a caller. It takes over the sources in the payload, which end with the call.
 *
 * @param own the prefix for the objects, unless the call names one. The prefix of inputs asks for a small result.
 */
export async function dehydratePayload(
  { settings: ownSettings, recorder, source }: ManagerParts,
  value: unknown,
  options: DehydrateOptions | undefined,
  own: "outputPrefix" | "inputPrefix",
): Promise<unknown> {
  const sources = new SourceOwner();
  let keys: readonly string[] | undefined;
  try {
    const call = callSettings(ownSettings, options);
    if (!recorder.listens) {
      const begun = Date.now();
      const stays = staysAsItIs(value, call, own);
      if (stays === true) return value;
      // The check takes long for an object with very many keys, because they are listed in one go.
      if (Date.now() - begun >= LONG) await setImmediate();
      else if (stays !== false) keys = stays;
    }
    const settings = joined(call);
    const prefix = settings[own];
    const details: EventDetails = { store: settings.store?.name, stepRunId: settings.stepRunId };
    const given = own === "inputPrefix" ? inputSettings(settings) : settings;
    return await recorder.record("dehydrate", details, async () => {
      try {
        return await new Dehydration(given, recorder, details).run(value, prefix, sources, keys);
      } finally {
        if (details.entries !== undefined) source.noteWritten(details.scope);
      }
    });
  } catch (error) {
    sources.end(value, error);
    throw atCaller(error);
  }
}
