import { constants } from "node:buffer";
import { hasDollarKey } from "../reference/escape.js";
import { MAX_NESTING, type Container } from "../json/container.js";
import { hasLeastNumberSize, leastStringSize, numberSize, quickNumberSize, stringSize } from "./json-size.js";
import { RESERVED, keySizes } from "./key-sizes.js";
import type { LooseSizes } from "./loose-sizes.js";

/** A container that the walk is inside of, with the walk's position in it. */
export interface OpenContainer {
  readonly input: Container;
  /** Keys of an object. `undefined` for an array. */
  readonly keys: readonly string[] | undefined;
  /** The child that the walk is at. */
  readonly index: number;
  /** Bytes of the children before this child, without their keys. */
  readonly childSize: number;
  /** Where the loose sizes of the container begin, and the slack before that place. */
  readonly looseStart: number;
  readonly slackBefore: number;
}

// The depth at which recursion ends. It begins anew where the general walk takes over, so any nesting fits on the
// stack.
const MAX_RECURSION = 256;

/** JSON of a longer array would be longer than the longest possible string. */
export const MAX_ARRAY_LENGTH = Math.floor(constants.MAX_STRING_LENGTH / 2);

const STOP = -1;

// Containers that may be walked twice because they are not plain. From then on, each is walked once.
const MAX_MISSES = 8;

// Values that are walked before other tasks get their turn. They take some milliseconds.
const STEP = 100_000;

/**
 * Measures plain JSON that stays as it is. It makes no copies, and decides only that nothing leaves. It is the fast
 * way through most of a payload. When it meets any other value, it stops, and hands over its position.
 */
export class PlainWalk {
  /** After a stop: the containers that the walk was inside of, from the innermost. */
  readonly open: OpenContainer[] = [];
  /**
   * After a stop: bytes of the current child of the innermost container. The child is plain, but too large to stay.
   * The value is -1 when the child has not been walked yet.
   */
  stoppedSize = STOP;
  /** Where the loose sizes of this child begin, together with `stoppedSize`. */
  stoppedLooseStart = 0;
  stoppedSlackBefore = 0;

  /**
   * The object where the walk stopped, because it may be a reference or have keys to escape. Listing its keys takes
   * long.
   */
  private refused: object | undefined;
  private refusedKeys: readonly string[] | undefined;
  /** An object whose keys are known, until they are asked for. */
  private known: unknown;
  private knownKeys: readonly string[] | undefined;
  private deepest = 0;
  private allowance = STEP;
  private unitDepth = 0;
  /** How many containers were not plain that might have been added as one value. */
  private misses = 0;

  /**
   * @param maxSize bytes over which a value does not stay
   * @param wholeSize bytes over which a container leaves whole, whatever leaves inside of it
   */
  constructor(
    private readonly loose: LooseSizes,
    private readonly maxSize: number,
    private readonly wholeSize: number,
  ) {}

  /** Whether the walk stops at its next value, so that other tasks get their turn. */
  get isTired(): boolean {
    return this.allowance <= 0;
  }

  /** Starts the walk. @param keys the keys of `payload`, if they were listed a moment ago */
  begin(payload: unknown, keys: readonly string[] | undefined): void {
    this.refill();
    if (keys === undefined) return;
    this.known = payload;
    this.knownKeys = keys;
  }

  /** Lets the walk continue. */
  refill(): void {
    this.known = this.knownKeys = undefined; // keys that were listed a moment ago were used then, or never will be
    this.allowance = STEP;
  }

  /**
   * Measures a container.
   *
   * @param depth containers around `value`
   * @param unitDepth the deepest level that is decided on. It rises to a container that is sure to leave whole
   * @returns the least bytes of JSON that `value` has, exact except for loose sizes; -1 when the walk stopped
   */
  measure(value: object, depth: number, unitDepth: number): number {
    this.unitDepth = unitDepth;
    this.open.length = 0;
    this.stoppedSize = STOP;
    this.deepest = Math.min(depth + MAX_RECURSION, MAX_NESTING);
    return depth > unitDepth ? this.unit(value, depth) : this.container(value, depth);
  }

  /** Returns the keys of the object where the walk last stopped, if it has listed them. Returns them only once. */
  takeKeys(value: object): readonly string[] | undefined {
    const keys = this.refused === value ? this.refusedKeys : undefined;
    this.refused = this.refusedKeys = undefined;
    return keys;
  }

  private takeKnown(): readonly string[] {
    const keys = this.knownKeys!;
    this.known = this.knownKeys = undefined;
    return keys;
  }

  private container(value: object, depth: number): number {
    if (depth >= this.deepest) return STOP;
    if (Array.isArray(value)) return this.array(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return STOP;
    const { toJSON, [Symbol.asyncIterator]: iterator } = value as {
      toJSON?: unknown;
      [Symbol.asyncIterator]?: unknown;
    };
    if (typeof toJSON === "function" || typeof iterator === "function") return STOP;
    return this.object(value as Record<string, unknown>, depth);
  }

  private object(value: Record<string, unknown>, depth: number): number {
    const keys = this.known === value ? this.takeKnown() : Object.keys(value);
    const count = keys.length;
    if (count === 0) return 2;
    // If there are so many keys that the walk stops among them, they are measured during the walk.
    const keySize = count <= this.allowance ? keySizes.of(keys) : hasDollarKey(keys) ? RESERVED : 0;
    if (keySize < 0) {
      this.refused = value;
      this.refusedKeys = keys;
      return STOP;
    }
    const looseStart = this.loose.count;
    const slackBefore = this.loose.slack;
    const end = Math.min(count, this.allowance);
    this.allowance -= end;
    let size = 0;
    let index = 0;
    for (; index < end; index++) {
      const childSize = this.child(value[keys[index]!], depth);
      if (childSize < 0) break;
      size += childSize;
      if (size > this.wholeSize && depth < this.unitDepth) this.unitDepth = depth;
    }
    if (index < count) {
      this.open.push({ input: value, keys, index, childSize: size, looseStart, slackBefore });
      return STOP;
    }
    return size + keySize + 1; // two braces, and one comma less than keys
  }

  private array(value: unknown[], depth: number): number {
    const count = value.length;
    if (count > MAX_ARRAY_LENGTH || typeof (value as { toJSON?: unknown }).toJSON === "function") return STOP;
    const looseStart = this.loose.count;
    const slackBefore = this.loose.slack;
    const end = Math.min(count, this.allowance);
    this.allowance -= end;
    let size = 0;
    let index = 0;
    for (; index < end; index++) {
      const childSize = this.child(value[index], depth);
      if (childSize < 0) break;
      size += childSize;
      if (size > this.wholeSize && depth < this.unitDepth) this.unitDepth = depth;
    }
    if (index < count) {
      this.open.push({ input: value, keys: undefined, index, childSize: size, looseStart, slackBefore });
      return STOP;
    }
    return count === 0 ? 2 : size + count + 1;
  }

  /** Measures a value in a container at `depth`. */
  private child(value: unknown, depth: number): number {
    switch (typeof value) {
      case "string":
        return this.text(value, depth);
      case "number": {
        const size = quickNumberSize(value);
        return size === 0 || (value === 0 && Object.is(value, -0)) ? this.longNumber(value) : size;
      }
      case "boolean":
        return value ? 4 : 5;
      case "object":
        if (value === null) return 4;
        return depth < this.unitDepth ? this.keptContainer(value, depth + 1) : this.unit(value, depth + 1);
      default:
        return STOP;
    }
  }

  private text(text: string, depth: number): number {
    if (depth >= this.unitDepth) return this.loose.addText(text);
    if (leastStringSize(text) > this.maxSize) return STOP;
    const size = stringSize(text);
    return size > this.maxSize ? STOP : size;
  }

  private longNumber(value: number): number {
    if (hasLeastNumberSize(value)) return this.loose.addNumber(value);
    return Number.isFinite(value) && value !== 0 ? numberSize(value) : STOP;
  }

  /** Measures a container in which nothing is decided. If it is plain, it is one loose value. */
  private unit(value: object, depth: number): number {
    const { loose, allowance } = this;
    if (loose.isCounting || this.misses >= MAX_MISSES) return this.container(value, depth);
    const slackBefore = loose.slack;
    let size = STOP;
    loose.beginContainer();
    try {
      size = this.container(value, depth);
    } finally {
      loose.endContainer(slackBefore, size < 0 ? undefined : (value as Container));
    }
    if (size >= 0) return size;
    // Again, so that all before the place of the stop is known.
    this.misses++;
    this.allowance = allowance;
    this.open.length = 0;
    return this.container(value, depth);
  }

  /** Measures a container that leaves when it is too large. */
  private keptContainer(value: object, depth: number): number {
    const { loose } = this;
    const looseStart = loose.count;
    const slackBefore = loose.slack;
    let size = this.container(value, depth);
    if (size < 0) return STOP;
    if (size <= this.maxSize && size + loose.slack - slackBefore > this.maxSize) {
      size += loose.settle(looseStart, slackBefore);
    }
    if (size <= this.maxSize) return size;
    this.stoppedSize = size;
    this.stoppedLooseStart = looseStart;
    this.stoppedSlackBefore = slackBefore;
    return STOP;
  }
}
