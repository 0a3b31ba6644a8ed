import { readingFailure } from "../errors/as-storage-error.js";
import { Collection, fill, put, type CollectOptions, type Found, type Place } from "./collect.js";
import { escapeKey, hasDollarKey, unescapeKey } from "./escape.js";
import { arrayAt, missing, objectAt, type SelectorStep } from "./selector.js";
import { begun, eachStage, after, stepOf, type Stage } from "./stage.js";

/** A reference on the way to a part, or in it, and what is to be selected from its value. */
export interface FoundOnTheWay<Kind> extends Found<Kind> {
  /** Absent when the whole value is selected. */
  readonly rest?: Stage | undefined;
}

/** The items of a list, from which the same part is selected. */
interface Items {
  readonly list: readonly unknown[];
  readonly output: unknown[];
  readonly stage: Stage | undefined;
  index: number;
}

// Items of one step. A step takes some milliseconds.
const STEP = 5_000;

/**
 * Takes a part of a JSON value with references in it, as if they were hydrated. Values beside the way to the part are
 * not looked at. It works in steps, between which other tasks may get their turn.
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

  /** Bytes of JSON copied so far, if `sizeOf` is given. */
  get copiedSize(): number {
    return this.parts.copiedSize;
  }

  /**
   * Puts the selected part of `value` into `place`. Call {@link PartWalk.step} until it is done.
   *
   * @throws {StorageError} `INVALID_REFERENCE` where there is no such part, `UNSERIALIZABLE` for what can't be read
   */
  add(value: unknown, stage: Stage | undefined, place: Place): void {
    this.follow(value, stage, place);
    if (this.isCollecting && this.parts.isDone) this.collect();
  }

  /** Whether everything that was added is done. */
  get isDone(): boolean {
    return !this.isCollecting && this.levels.length === 0;
  }

  /** Takes one step. @returns whether all is done. @throws {StorageError} as {@link PartWalk.add} does */
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
    try {
      this.walk(value, stages, place);
    } catch (error) {
      throw readingFailure(error, "hydrate");
    }
  }

  private walk(value: unknown, stages: Stage | undefined, place: Place): void {
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
      if (pick.kind !== "index") objectAt(list, pick.position); // throws, because an array is not an object
      const item = pick.kind === "index" ? list[pick.index] : undefined;
      if (item === undefined && !picks.underEach) throw missing(pick);
      current = item ?? null;
      stage = item === undefined ? picks.next : inItem;
    }
  }

  /** Continues to copy parts. @returns whether they are done */
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

  /** Returns the value that the hydrated value has under a name or index. */
  private readStep(value: unknown, step: Exclude<SelectorStep, { kind: "each" }>): unknown {
    if (step.kind === "index") return arrayAt(value, step.position)[step.index];
    const { name } = step;
    const object = objectAt(value, step.position);
    const written = this.options.unescape ? escapeKey(name) : name;
    let key = written;
    if (this.options.unescape && written !== name && unescapeKey(name) === name && Object.hasOwn(object, name)) {
      // Only a writer that does not escape can have written this key. Both keys mean the same name, and the last one
      // wins.
      const keys = Object.keys(object);
      if (keys.indexOf(name) > keys.indexOf(written)) key = name;
    }
    return Object.hasOwn(object, key) ? object[key] : undefined;
  }
}
