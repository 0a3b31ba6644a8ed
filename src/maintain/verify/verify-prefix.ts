import { isNotFound, isStorageError } from "../../errors/error.js";
import type { EventDetails, Recorder } from "../../observe/recorder.js";
import { parseLocation } from "../../reference/location.js";
import { abortable, throwIfAborted } from "../../async/abort.js";
import { Semaphore } from "../../store/layers/semaphore.js";
import type { ObjectInfo, Store } from "../../store/store.js";
import { HydrationBudget } from "../../hydrate/budget.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { EntryDecoding } from "../../hydrate/entry-decoding.js";
import type { VerifySettings } from "./verify-settings.js";
import { sweep } from "../walk-objects.js";
import { KnownObjects } from "./known-objects.js";
import { ObjectBody } from "./object-body.js";
import { ObjectContents } from "./object-contents.js";
import { objectKind, type ObjectKind } from "../../object/object-name.js";
import { roleOf } from "../../object/reserved-names.js";
import type { ReachedObjects } from "./reached-objects.js";
import type { Findings } from "./report.js";
import { StoredReferences } from "./stored-references.js";

/** Looks at every object below a prefix, and at the references in it. */
export class PrefixCheck {
  private readonly operations: Semaphore;
  private readonly known: KnownObjects;
  private readonly references: StoredReferences;
  private readonly decoding: EntryDecoding;
  private readonly measuring = new Semaphore(1);

  constructor(
    private readonly store: Store,
    private readonly settings: VerifySettings,
    private readonly recorder: Recorder,
    private readonly findings: Findings,
    private readonly reached: ReachedObjects | undefined,
  ) {
    const { maxBytes, concurrency, codecs } = settings;
    this.operations = new Semaphore(concurrency);
    this.known = new KnownObjects(store, this.operations);
    this.references = new StoredReferences(settings, this.known, findings, store.name);
    this.decoding = new EntryDecoding(codecs, new HydrationBudget({ maxBytes }));
  }

  async verify(prefix: string): Promise<void> {
    const { findings, settings } = this;
    const { startAfter, signal } = settings;
    findings.lastPath = startAfter;
    await sweep(prefix, { ...(startAfter === undefined ? {} : { startAfter }), signal }, settings, {
      operation: "verify",
      visit: (object, objectSignal) => this.visit(object, objectSignal),
      onFailure: ({ path }, error) => void findings.addError(error, { path }),
      onProgress: ({ objects, bytes, lastPath = startAfter }) => {
        Object.assign(findings, { objects, bytes, lastPath });
        findings.tellProgress();
        return findings.untilHeard(signal);
      },
    });
  }

  private async visit(object: ObjectInfo, signal: AbortSignal): Promise<void> {
    const { path } = object;
    const location = parseLocation(path);
    // Markers, tombstones and the collector's own objects say nothing about payloads, and no payload leads to them.
    if (["marker", "tombstone", "own"].includes(roleOf(location.path).role)) return;
    const kind = objectKind(path);
    const isOrphan = kind.holds === "leftover" || this.reached?.lacks(location.path) === true;
    if (isOrphan) this.findings.add("orphaned", { path });
    if (kind.holds === "leftover") return;
    const { settings, decoding, measuring } = this;
    const contents = new ObjectContents({ ...location, path: kind.name }, kind, settings, decoding, measuring, signal);
    const bytes = await this.read(path, kind, contents, signal);
    if (bytes !== undefined) {
      for await (const value of contents.values(bytes)) await this.followReferences(value, path, signal);
    }
    if (contents.isUnchecked) this.findings.unchecked++;
  }

  /** Reads an object to its end. Returns the bytes to look at, or `undefined` when the object is gone or too large. */
  private async read(
    path: string,
    kind: ObjectKind,
    contents: ObjectContents,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const { store, recorder, settings } = this;
    const release = await this.operations.acquire(signal);
    const event: EventDetails = { store: store.name, stepRunId: settings.stepRunId, objects: 1, path };
    try {
      return await recorder.record("read", event, async () => {
        const result = await abortable(store.read(path, { signal }), signal, undefined, (late) => late.cancel());
        const details = { operation: "verify", store: store.name, path };
        const body = new ObjectBody(result, details, signal);
        try {
          const whole = await body.whole();
          if (whole === undefined) await contents.readLong(body, result.info.size);
          event.bytes = await body.finish(kind.digest);
          this.known.note(path, event.bytes);
          return kind.holds === "other" ? undefined : whole;
        } finally {
          body.close();
        }
      });
    } catch (error) {
      throwIfAborted(signal);
      // An object that was deleted after it was listed is no problem.
      if (isNotFound(error) && (await abortable(this.isGone(path, signal), signal))) return undefined;
      throw error;
    } finally {
      release();
    }
  }

  private async isGone(path: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.store.stat(path, { signal })) === undefined;
    } catch (error) {
      return isStorageError(error, "UNSUPPORTED");
    }
  }

  private async followReferences(value: unknown, foundIn: string, signal: AbortSignal): Promise<void> {
    const found = [...this.references.find(value)];
    await forEachConcurrent(found, this.settings.concurrency, signal, (reference, groupSignal) =>
      this.references.verify(reference, foundIn, groupSignal),
    );
  }
}
