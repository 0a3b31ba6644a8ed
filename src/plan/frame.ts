import { arrayItems, setOwn, type Container } from "../json/container.js";
import { leastStringSize, numberSize, stringSize } from "./json-size.js";
import { keySize } from "./key-sizes.js";
import type { OpenContainer } from "./plain-walk.js";

/** The result of the walk for one value. */
export interface Visited {
  /** The value as it stays in the payload. */
  kept: unknown;
  /** The value as it would be stored whole. Only binary in it is offloaded. */
  whole: unknown;
  /** Whether `whole` differs from the value that stood in the payload. */
  changed: boolean;
  /** Whether the value, or something inside it, has left. */
  left: boolean;
  /**
   * Bytes of JSON: as it stood in the payload, stored whole, and as it stays. Loose values count with their least
   * size.
   */
  size: number;
  wholeSize: number;
  keptSize: number;
}

const NONE: Container = []; // a closed frame keeps nothing alive

/** An object or array that the walk is inside of. Frames are reused. {@link Frame.open} starts a new use. */
export class Frame {
  input!: Container;
  /** Keys of an object. `undefined` for an array. */
  keys: readonly string[] | undefined;
  count = 0;
  /** How many children were begun. The current child is the last of them. */
  index = 0;
  /** Whether some key begins with `$`, so that keys may have to be escaped. */
  escaping = false;
  /** Where the entries of this subtree begin. */
  entryStart = 0;
  /** Where the loose sizes of this subtree begin, and the slack before that place. */
  looseStart = 0;
  slackBefore = 0;
  changed = false;
  /** Whether `input` was made by the read itself. */
  computed = false;
  left = false;
  size = 0;
  wholeSize = 0;
  keptSize = 0;
  // Copies are made only when a child differs from the input. Until something leaves, the two are the same object.
  private kept: Container | undefined;
  private whole: Container | undefined;

  /**
   * Starts a new use of the frame, for one container.
   *
   * @param escaping whether some key begins with `$`
   * @param loose the loose sizes before the container
   * @param changed whether `input` differs from the value that stood in the payload
   * @param fresh copy from the start, since `input` itself can't stand in the result
   */
  open(
    input: Container,
    keys: readonly string[] | undefined,
    entryStart: number,
    loose: { readonly count: number; readonly slack: number },
    escaping: boolean,
    changed: boolean,
    fresh: boolean,
  ): void {
    this.input = input;
    this.keys = keys;
    this.count = keys === undefined ? (input as unknown[]).length : keys.length;
    this.index = 0;
    this.escaping = escaping;
    this.entryStart = entryStart;
    this.looseStart = loose.count;
    this.slackBefore = loose.slack;
    this.changed = changed;
    this.left = false;
    this.size = this.wholeSize = this.keptSize = 1; // two brackets; each child brings a comma, which is one too many
    this.kept = this.whole = fresh ? (keys === undefined ? [] : {}) : undefined;
  }

  /** Continues where the plain walk stopped. */
  resume({ input, keys, index, childSize, looseStart, slackBefore }: OpenContainer, entryStart: number): void {
    this.open(input, keys, entryStart, { count: looseStart, slack: slackBefore }, false, false, false);
    this.index = index;
    const size = childSize + (keys === undefined ? index : keySize(keys, index));
    this.size += size;
    this.wholeSize += size;
    this.keptSize += size;
  }

  /** The key of the current child in the input. */
  get key(): string | number {
    return this.keys === undefined ? this.index - 1 : this.keys[this.index - 1]!;
  }

  /**
   * Takes children as long as they are scalars that stay as they are. Most children are.
   *
   * @param maxTextSize bytes of JSON of a string that may stay
   * @param maxCount how many are taken at most
   * @returns how many were taken
   */
  takeScalars(maxTextSize: number, maxCount: number): number {
    if (this.escaping) return 0;
    const { keys, input } = this;
    const begin = this.index;
    const count = Math.min(this.count, begin + maxCount);
    let index = begin;
    let taken = 0;
    for (; index < count; index++) {
      const key = keys === undefined ? index : keys[index]!;
      this.index = index + 1; // the current position, in case reading the child fails
      const value = (input as Record<string | number, unknown>)[key];
      const size = scalarSize(value, maxTextSize);
      if (size === 0) break;
      taken += size + (typeof key === "string" ? stringSize(key) + 2 : 1);
      if (this.kept === undefined) continue;
      put(this.kept, key, value);
      if (this.whole !== undefined && this.whole !== this.kept) put(this.whole, key, value);
    }
    this.index = index;
    this.size += taken;
    this.wholeSize += taken;
    this.keptSize += taken;
    return index - begin;
  }

  /**
   * Takes the current child as `key`, which is its own key or its escaped form.
   *
   * @param keySize bytes that key, colon and comma add to the JSON of the input
   * @param writtenKeySize the same, as written
   */
  add(key: string | number, child: Visited, keySize: number, writtenKeySize: number): void {
    this.size += child.size + keySize;
    this.wholeSize += child.wholeSize + writtenKeySize;
    this.keptSize += child.keptSize + writtenKeySize;
    if (child.left) this.left = true;
    if (child.changed || keySize !== writtenKeySize) this.copyWhole();
    if (child.kept !== child.whole) this.copyKept();
    if (this.kept === undefined) return;
    put(this.kept, key, child.kept);
    if (this.whole !== undefined && this.whole !== this.kept) put(this.whole, key, child.whole);
  }

  /** Records that JSON leaves the current child out. */
  omit(): void {
    this.copyWhole();
  }

  /** Writes the result for the container into `result`. */
  close(result: Visited): void {
    result.kept = this.kept ?? this.input;
    result.whole = this.whole ?? this.input;
    result.changed = this.changed || this.whole !== undefined;
    result.left = this.left;
    const closing = this.size === 1 ? 1 : 0; // without children there is no extra comma
    result.size = this.size + closing;
    result.wholeSize = this.wholeSize + closing;
    result.keptSize = this.keptSize + closing;
    this.input = NONE;
    this.kept = this.whole = undefined;
  }

  private copyWhole(): void {
    if (this.whole !== undefined) return;
    this.whole = this.copyOfEarlier();
    this.kept ??= this.whole;
  }

  private copyKept(): void {
    if (this.kept === undefined) this.kept = this.copyOfEarlier();
    else if (this.kept === this.whole) this.kept = copyOf(this.kept);
  }

  // Called only while every earlier child is the same in the copy and in the input.
  private copyOfEarlier(): Container {
    const earlier = this.index - 1;
    if (this.keys === undefined) return arrayItems(this.input as unknown[], 0, earlier);
    const copy: Record<string, unknown> = {};
    for (let i = 0; i < earlier; i++) {
      const key = this.keys[i]!;
      setOwn(copy, key, (this.input as Record<string, unknown>)[key]);
    }
    return copy;
  }
}

/**
 * Returns the bytes of JSON of a scalar that JSON writes as it is. Returns 0 for other values, and for too long
 * strings.
 */
function scalarSize(value: unknown, maxTextSize: number): number {
  switch (typeof value) {
    case "string": {
      if (leastStringSize(value) > maxTextSize) return 0;
      const size = stringSize(value);
      return size > maxTextSize ? 0 : size;
    }
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? numberSize(value) : 0;
    case "boolean":
      return value ? 4 : 5;
    default:
      return value === null ? 4 : 0;
  }
}

function put(container: Container, key: string | number, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else setOwn(container, key as string, value);
}

function copyOf(container: Container): Container {
  if (Array.isArray(container)) return container.slice();
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(container)) setOwn(copy, key, container[key]);
  return copy;
}
