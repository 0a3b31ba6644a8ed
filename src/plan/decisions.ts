import type { Frame, Visited } from "./frame.js";
import { leastStringSize, stringSize, stringSlack } from "./json-size.js";
import { LooseSizes, NOTHING_LOOSE, joinLoose, settledExtra, type LooseValues } from "./loose-sizes.js";
import type { PayloadPath } from "./payload-path.js";
import type { PayloadPlan, WalkOptions } from "./plan.js";
import { PlannedEntry, type EntryContent, type EntryKind } from "./planned-entry.js";

/** The limits that decide, and the sizes of references. */
type Limits = Pick<
  WalkOptions,
  "maxInlineSize" | "maxEnvelopeSize" | "maxSharedSize" | "maxRecursionDepth" | "referenceSize"
>;

/** Decides of each value that a walk has finished whether it leaves. */
export class Decisions {
  readonly loose = new LooseSizes();
  /** The values that leave, as far as the walk came. They stand in the order in which they can be made. */
  readonly entries: PlannedEntry[] = [];
  /** Bytes over which a value does not stay. */
  readonly maxSize: number;
  /** Bytes over which a container leaves whole, whatever leaves inside of it. */
  readonly wholeSize: number;
  /** The value that was finished last. One object serves the whole walk. JSON leaves out an undefined `kept`. */
  readonly visited: Visited = {
    kept: undefined,
    whole: undefined,
    changed: false,
    left: false,
    size: 0,
    wholeSize: 0,
    keptSize: 0,
  };
  private depth: number;

  /** @param path returns where the walk is */
  constructor(
    private readonly limits: Limits,
    private readonly path: () => PayloadPath,
  ) {
    this.maxSize = Math.min(limits.maxInlineSize, limits.maxEnvelopeSize);
    this.wholeSize = Math.max(limits.maxEnvelopeSize, limits.maxSharedSize);
    this.depth = limits.maxRecursionDepth;
  }

  /** The deepest level that is decided on. While a container is open that is sure to leave whole, its level. */
  get unitDepth(): number {
    return this.depth;
  }

  /** The plan, once the walk is done. */
  get plan(): PayloadPlan {
    const { kept, size, keptSize } = this.visited;
    const { entries } = this;
    const loose = this.loose.take(0, 0);
    let keptExtra: number | undefined;
    const extra = (): number => (keptExtra ??= settledExtra(loose));
    return {
      value: kept,
      entries,
      get size() {
        return entries.reduce((sum, entry) => sum + (entry.storedSize - entry.leastStoredSize), size + extra());
      },
      get inlineSize() {
        return keptSize + extra();
      },
    };
  }

  /** Takes a value that stays as it is, as far as is known. @param changed whether it differs from the payload's */
  finish(value: unknown, size: number, changed: boolean): void {
    const { visited } = this;
    visited.kept = visited.whole = value;
    visited.changed = changed;
    visited.left = false;
    visited.size = visited.wholeSize = visited.keptSize = size;
  }

  /** Takes a text, and decides on it. @param depth containers around it */
  finishText(text: string, changed: boolean, depth: number): void {
    if (depth > this.depth) {
      this.finish(text, this.loose.addText(text), changed);
      return;
    }
    const leastSize = leastStringSize(text);
    const isLong = leastSize > this.maxSize;
    this.finish(text, isLong ? leastSize : stringSize(text), changed);
    if (this.visited.keptSize <= this.maxSize) return;
    const loose = isLong ? { lists: [[text]], slack: stringSlack(text) } : NOTHING_LOOSE;
    this.leave("raw", "text/plain", { text }, loose);
  }

  /** Takes a container in which nothing is replaced, and decides on it. @param depth containers around it */
  finishPlain(container: object, size: number, depth: number, looseStart: number, slackBefore: number): void {
    this.finish(container, size, false);
    if (depth > this.depth) return;
    this.settleWithin(this.maxSize, looseStart, slackBefore);
    if (this.visited.keptSize <= this.maxSize) return;
    this.leave("json", "application/json", { value: container }, this.loose.take(looseStart, slackBefore));
  }

  /** Takes a container whose frame is at its end, and decides on it. @param depth containers around it */
  finishFrame(frame: Frame, depth: number): void {
    const { visited, limits } = this;
    const { entryStart, looseStart, slackBefore } = frame;
    frame.close(visited);
    if (depth > this.depth) return; // inside a unit
    const isUnit = depth === this.depth;
    this.depth = limits.maxRecursionDepth;
    const limit = isUnit || !visited.left ? this.maxSize : limits.maxEnvelopeSize;
    this.settleWithin(limit, looseStart, slackBefore);
    if (visited.keptSize <= limit) return;
    const loose = joinLoose([this.loose.take(looseStart, slackBefore), ...this.dropFrom(entryStart)]);
    this.leave("json", "application/json", { value: visited.whole }, loose, this.entries.length > entryStart);
  }

  /**
   * Stops deciding inside a container that is sure to leave whole.
   *
   * @param frame a container that is open
   * @param depth containers around it
   */
  seeWhole(frame: Frame, depth: number): void {
    if (frame.keptSize > this.wholeSize && depth < this.depth) this.depth = depth;
  }

  /** Replaces the value that was finished last by a reference. */
  leave(kind: EntryKind, contentType: string, content: EntryContent, loose: LooseValues, holdsBinary = false): void {
    const { visited } = this;
    const { size: leastSize, wholeSize: leastStoredSize } = visited;
    const entry = new PlannedEntry({
      path: this.path(),
      kind,
      contentType,
      content,
      leastSize,
      leastStoredSize,
      loose,
      holdsBinary,
    });
    this.entries.push(entry);
    visited.kept = entry.slot;
    visited.keptSize = this.limits.referenceSize(entry);
    visited.left = true;
  }

  /**
   * Drops the entries that were planned inside a container that leaves whole. They leave with the container. Only
   * binary stays an entry of its own.
   *
   * @param start the index of the container's first entry
   * @returns the loose values of the dropped entries
   */
  private dropFrom(start: number): LooseValues[] {
    const { entries } = this;
    const dropped: LooseValues[] = [];
    let end = start;
    for (let i = start; i < entries.length; i++) {
      const entry = entries[i]!;
      if (entry.kind === "binary") entries[end++] = entry;
      else dropped.push(entry.loose);
    }
    entries.length = end;
    return dropped;
  }

  /** Finds the exact size of the value that was finished last, if that decides whether it is over `limit`. */
  private settleWithin(limit: number, looseStart: number, slackBefore: number): void {
    const { visited, loose } = this;
    if (visited.keptSize > limit || visited.keptSize + loose.slack - slackBefore <= limit) return;
    const extra = loose.settle(looseStart, slackBefore);
    visited.size += extra;
    visited.wholeSize += extra;
    visited.keptSize += extra;
  }
}
