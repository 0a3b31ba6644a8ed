import { Collection, fill, put, type CollectOptions, type Found, type Place } from "./collect.js";
import { escapeKey, hasDollarKey, unescapeKey } from "./escape.js";
import { arrayAt, missing, objectAt, type SelectorStep } from "./selector.js";
import { begun, eachStage, after, stepOf, type Stage } from "./stage.js";

/** A reference that lies on the way to a part, or in it, and what is to be selected from what it stands for. */
export interface FoundOnTheWay<Kind> extends Found<Kind> {
  /** Absent: all of it. */
  readonly rest?: Stage | undefined;
}

/** The items of a list, from which the same is selected. */
interface Items {
  readonly list: readonly unknown[];
  readonly output: unknown[];
  readonly stage: Stage | undefined;
  index: number;
}

// Items of one step: some milliseconds of work.
const STEP = 5_000;

/**
 * Takes a part of a JSON value in which references stand, as if they were hydrated: what lies beside the way to the part is
 * not looked at. In steps, between which others may have their turn.
 */
export class PartWalk<Kind> {
  readonly found: FoundOnTheWay<Kind>[] = [];
  private readonly parts: Collection<Kind>;
  private readonly levels: Items[] = [];
  private collected = 0;
  private isCollecting = false;

  constructor(private readonly options: CollectOptions<Kind>) {
    this.parts = new Collection(options);
  }

  /** Bytes of JSON of what was copied so far, where `sizeOf` is given. */
  get copiedSize(): number {
    return this.parts.copiedSize;
  }

  /**
   * Puts what is selected of `value` into `place`. {@link PartWalk.step} is to be called until it is done.
   *
   * @throws {StorageError} `INVALID_REFERENCE` where there is no such part
   */
  add(value: unknown, stage: Stage | undefined, place: Place): void {
    this.follow(value, stage, place);
    if (this.isCollecting && this.parts.isDone) this.collect();
  }

  /** Whether all is done that was added. */
  get isDone(): boolean {
    return !this.isCollecting && this.levels.length === 0;
  }

  /** Goes on. @returns whether all is done. @throws {StorageError} as {@link PartWalk.add} does */
  step(): boolean {
    let left = STEP;
    for (;;) {
      if (this.isCollecting && !this.collect()) return false;
      const items = this.levels.at(-1);
      if (items === undefined) return true;
      if (items.index === items.list.length) {
        this.levels.pop();
        continue;
      }
      if (left-- === 0) return false;
      const { list, output, stage, index } = items;
      items.index++;
      this.follow(list[index], stage, { container: output, key: index });
    }
  }

  private follow(value: unknown, stages: Stage | undefined, place: Place): void {
    let current = value;
    for (let stage = begun(stages); ; stage = begun(stage)) {
      if (stage === undefined) {
        this.parts.add(current, place);
        this.isCollecting = true;
        return;
      }
      const kind = this.recognised(current);
      if (kind !== undefined) {
        fill(place, null);
        this.found.push({ place, value: current as Record<string, unknown>, kind, rest: stage });
        return;
      }
      const step = stepOf(stage);
      if (step.kind !== "each") {
        const found = this.readStep(current, step);
        if (found === undefined && !stage.underEach) throw missing(step);
        current = found ?? null;
        stage = found === undefined ? stage.next : after(stage);
        continue;
      }
      const list = arrayAt(current, step.position);
      const { picks, inItem } = eachStage(stage);
      if (picks === undefined) {
        const output: unknown[] = new Array(list.length);
        put(place.container, place.key, output);
        this.levels.push({ list, output, stage: inItem, index: 0 });
        return;
      }
      const pick = stepOf(picks);
      if (pick.kind !== "index") objectAt(list, pick.position); // which an array is not
      const item = pick.kind === "index" ? list[pick.index] : undefined;
      if (item === undefined && !picks.underEach) throw missing(pick);
      current = item ?? null;
      stage = item === undefined ? picks.next : inItem;
    }
  }

  /** Goes on with parts. @returns whether they are done */
  private collect(): boolean {
    if (!this.parts.step()) return false;
    this.isCollecting = false;
    for (; this.collected < this.parts.found.length; this.collected++) {
      this.found.push(this.parts.found[this.collected]!);
    }
    return true;
  }

  private recognised(value: unknown): Kind | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
      return undefined;
    return hasDollarKey(Object.keys(value)) ? this.options.recognise(value as Record<string, unknown>) : undefined;
  }

  /** What the hydrated value has under a name or index. */
  private readStep(value: unknown, step: Exclude<SelectorStep, { kind: "each" }>): unknown {
    if (step.kind === "index") return arrayAt(value, step.position)[step.index];
    const { name } = step;
    const object = objectAt(value, step.position);
    const written = this.options.unescape ? escapeKey(name) : name;
    let key = written;
    if (this.options.unescape && written !== name && unescapeKey(name) === name && Object.hasOwn(object, name)) {
      // Nobody wrote it who escapes; it has the same name, and of two the last remains.
      const keys = Object.keys(object);
      if (keys.indexOf(name) > keys.indexOf(written)) key = name;
    }
    return Object.hasOwn(object, key) ? object[key] : undefined;
  }
}
