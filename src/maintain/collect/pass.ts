import type { ManagerParts } from "../../call/call.js";
import { withDeadline } from "../../call/deadline.js";
import { abortable } from "../../async/abort.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { callFailure } from "../../errors/as-storage-error.js";
import { StorageError } from "../../errors/error.js";
import { notify, PacedListener } from "../../observe/notify.js";
import { comparePaths } from "../../paths/path.js";
import type { ObjectInfo, Store } from "../../store/store.js";
import { sortedListing } from "../../store/sorted-listing.js";
import { listObjects } from "../list-objects.js";
import { CollectorState } from "./collector-state.js";
import { ObjectJudge, type LiveObjects } from "./judge.js";
import type { LoneMarkers } from "./lone-markers.js";
import {
  addProblem,
  type CollectedObject,
  type CollectOptions,
  type CollectProgress,
  type CollectReport,
  type KeptObjects,
} from "./report.js";

/** How much one pass does. */
export interface PassLimits {
  /** Milliseconds. */
  readonly minAge: number;
  readonly maxScan: number;
  readonly maxDelete: number;
}

type PassOptions = Pick<CollectOptions, "onProgress" | "onObject"> & {
  dryRun: boolean;
  all: boolean;
  signal: AbortSignal;
  markers: LoneMarkers;
};

interface Condemned {
  readonly object: ObjectInfo;
  readonly verdict: "delete" | "unreached" | "marker";
}

// Number of objects that are looked at together. They are deleted before the pass looks at the next page.
const PAGE = 1000;

// Number of pages after which a long pass saves how far it has come.
const PAGES_A_NOTE = 10;

/**
 * One walk of the collector over the objects of a manager. It starts where the last pass ended, and goes as far as its
 * limits let it.
 */
export class CollectorPass {
  /**
   * The objects that payloads lead to. `hasBrake` says whether the pass must not delete more than half of the objects
   * as unreached.
   */
  live: { readonly objects: LiveObjects; readonly hasBrake: boolean } | undefined;
  private readonly prefixes: readonly string[];
  private readonly state: CollectorState;
  private readonly begun: number;
  private after: string | undefined;
  private condemned = 0;
  private readonly listener: PacedListener<CollectedObject>;

  constructor(
    private readonly parts: ManagerParts,
    private readonly store: Store,
    private readonly limits: PassLimits,
    private readonly report: CollectReport,
    private readonly options: PassOptions,
  ) {
    const { outputPrefix, inputPrefix, retention } = parts.settings;
    this.prefixes = [...new Set([outputPrefix, inputPrefix])].sort(comparePaths);
    this.state = new CollectorState(store, outputPrefix);
    this.begun = retention.clock.now();
    this.listener = new PacedListener(options.onObject);
  }

  /**
   * Takes the turn.
   *
   * @returns whether this pass has the turn
   */
  async begin(): Promise<boolean> {
    const { all, dryRun } = this.options;
    const last = await this.step((signal) => this.state.read(signal));
    if (!all) this.after = last?.after;
    if (dryRun) return true;
    const { gcInterval, margin } = this.parts.settings.retention;
    // A time in the future comes from a clock that was wrong. It must not stop all passes until then.
    const since = this.begun - (last?.begun ?? -Infinity);
    if (!all && since < gcInterval && since > -margin) return false;
    return (await this.note(this.after)) || all;
  }

  /** Looks at the objects, deletes, and saves how far it came. */
  async run(): Promise<void> {
    const { report, limits } = this;
    if (this.live?.hasBrake === true) await this.brake();
    const judge = this.judge();
    let condemned: Condemned[] = [];
    let seen: string | undefined;
    let pages = 0;
    let isCutShort = false;
    for await (const object of this.objects()) {
      isCutShort = report.scanned >= limits.maxScan || this.condemned >= limits.maxDelete;
      if (isCutShort) break;
      const verdict = judge.judge(object);
      seen = object.path;
      if (verdict === "own") continue;
      report.scanned++;
      if (verdict === "delete" || verdict === "unreached" || verdict === "marker") {
        this.condemned++;
        condemned.push({ object, verdict });
      } else {
        report.kept[verdict]++;
        this.tell(object, verdict);
      }
      if (report.scanned % PAGE !== 0) continue;
      await this.finish(condemned, seen);
      condemned = [];
      if (++pages % PAGES_A_NOTE === 0) await this.note(seen);
    }
    await this.finish(condemned, seen);
    report.complete = !isCutShort;
    await this.note(isCutShort ? seen : undefined);
  }

  /**
   * @throws {StorageError} `LIMIT_EXCEEDED`, before anything is deleted, when more than half of the objects would be
   */
  private async brake(): Promise<void> {
    const judge = this.judge();
    let scanned = 0;
    let unreached = 0;
    for await (const object of this.objects()) {
      if (scanned >= this.limits.maxScan) break;
      const verdict = judge.judge(object);
      if (verdict !== "own") scanned++;
      if (verdict === "unreached") unreached++;
    }
    if (unreached * 2 <= scanned) return;
    throw new StorageError(
      "LIMIT_EXCEEDED",
      `No payload in live leads to ${unreached} of ${scanned} objects, more than half: nothing was deleted. Look at a dry ` +
        "run, whether live holds all payloads; if that is meant, say allowEmpty: true.",
      { operation: "collect", store: this.store.name },
    );
  }

  private judge(): ObjectJudge {
    return new ObjectJudge(this.parts.settings, this.begun, this.limits.minAge, this.live?.objects);
  }

  /** Yields the objects of all prefixes, starting after the path where the last pass ended. */
  private async *objects(): AsyncGenerator<ObjectInfo, void, undefined> {
    const { after } = this;
    const { signal } = this.options;
    const first = this.prefixes.findIndex((prefix) => after?.startsWith(`${prefix}/`));
    for (const [index, prefix] of this.prefixes.entries()) {
      if (index < first) continue;
      const startAfter: { startAfter?: string } = index === first ? { startAfter: after! } : {};
      const below = `${prefix}/`;
      const objects = listObjects(below, { ...startAfter, signal }, this.parts.settings);
      yield* sortedListing(objects, startAfter.startAfter, this.store, below);
    }
  }

  /** Deletes the condemned objects of a page, several at a time. A failure is reported, and does not end the pass. */
  private async finish(condemned: readonly Condemned[], seen: string | undefined): Promise<void> {
    const { report, options, parts } = this;
    await forEachConcurrent(condemned, parts.settings.concurrency, options.signal, async (one, signal) => {
      const { path, size } = one.object;
      try {
        const kept = await this.step((stepSignal) => this.remove(one, stepSignal), signal);
        if (kept !== undefined) {
          report.kept[kept]++;
          this.tell(one.object, kept);
          return;
        }
        report.deleted++;
        report.deletedBytes += size;
        this.tell(one.object, "deleted");
      } catch (error) {
        if (signal.aborted) throw error;
        const { code } = callFailure(error, undefined, { operation: "collect", store: this.store.name, path });
        addProblem(report, path, code);
        const isLocked = code === "PERMISSION_DENIED";
        if (isLocked) report.kept.locked++;
        else report.failed++;
        this.tell(one.object, isLocked ? "locked" : "failed");
      }
    });
    await this.listener.untilHeard(options.signal);
    if (seen === undefined) return;
    report.lastPath = seen;
    if (options.onProgress !== undefined) notify(options.onProgress, progressOf(report));
  }

  private tell({ path, size }: ObjectInfo, outcome: CollectedObject["outcome"]): void {
    this.listener.tell({ path, size, outcome });
  }

  /** @returns why the object was kept; `undefined` when it is gone */
  private async remove({ object, verdict }: Condemned, signal: AbortSignal): Promise<keyof KeptObjects | undefined> {
    const { path } = object;
    if (verdict === "marker" && !(await this.options.markers.isLone(path, signal))) return "live";
    if (verdict === "unreached" && !isSame(object, await this.store.stat(path, { signal }))) return "young";
    if (this.options.dryRun) return undefined;
    await this.store.delete(path, { signal });
    this.parts.source.forgetObject(path);
    return undefined;
  }

  /**
   * Saves where the next pass goes on.
   *
   * @returns whether no other pass has the turn
   */
  private async note(after: string | undefined): Promise<boolean> {
    if (this.options.dryRun) return true;
    return this.step((signal) => this.state.write({ begun: this.begun, after }, signal));
  }

  private step<T>(run: (signal: AbortSignal) => Promise<T>, signal = this.options.signal): Promise<T> {
    const { timeout } = this.parts.settings;
    return withDeadline("collect", { timeout, signal }, (stepSignal) => abortable(run(stepSignal), stepSignal));
  }
}

function progressOf({ scanned, deleted, deletedBytes, failed, kept, lastPath }: CollectReport): CollectProgress {
  return { scanned, deleted, deletedBytes, failed, kept: { ...kept }, ...(lastPath !== undefined && { lastPath }) };
}

/** Returns whether an object is still the one that was listed. */
function isSame(listed: ObjectInfo, now: ObjectInfo | undefined): boolean {
  return (
    now !== undefined &&
    now.size === listed.size &&
    now.lastModified?.getTime() === listed.lastModified?.getTime() &&
    (now.etag === listed.etag || listed.etag === undefined || now.etag === undefined)
  );
}
