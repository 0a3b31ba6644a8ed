import { isObject, isPlainObject } from "../json/is-object.js";
import { types } from "node:util";
import { readingFailure } from "../errors/as-storage-error.js";
import { StorageError } from "../errors/error.js";
import { setOwn, type Container } from "../json/container.js";
import { hasDollarKey, isEscapedKey, unescapeKey } from "./escape.js";

/** A reference and where its value goes. */
export interface Found<Kind> {
  readonly place: Place;
  readonly value: Readonly<Record<string, unknown>>;
  readonly kind: Kind;
}

/** A slot of a container. */
export interface Place {
  readonly container: Container;
  readonly key: string | number;
}

export interface CollectOptions<Kind> {
  /** Whether the escaping of keys is undone. */
  readonly unescape: boolean;
  /** Returns the kind of reference that an object with a key beginning with `$` is, if it is one. */
  readonly recognise: (value: Readonly<Record<string, unknown>>) => Kind | undefined;
  /**
   * Returns the kind of reference that an instance of a class is. Such an object is not JSON. Default: none is a
   * reference.
   */
  readonly recogniseOther?: (value: object) => Kind | undefined;
  /** Whether no other code uses the value, as with parsed JSON. Then it is changed in place, not copied. */
  readonly owned?: boolean;
  /** Returns the bytes of JSON of a scalar. Given if the caller asks how much was copied. */
  readonly sizeOf?: ((scalar: unknown) => number) | undefined;
}

// Levels that are walked by recursion, which is faster. Deeper levels use a stack of their own, so any depth works.
const MAX_RECURSION = 100;

// Payloads that are nested deeper are never dehydrated. A value that seems endless, such as a proxy, ends here.
const MAX_NESTING = 500_000;

// Values of one step. A step takes some milliseconds.
const STEP = 20_000;

/** Puts a value into its place. */
export function fill({ container, key }: Place, value: unknown): void {
  put(container, key, value);
}

/**
 * Copies a JSON value into `root`, and collects the references in it, in their order. Each reference gets its place
 * in the copy, which is null until it is filled. Bytes are copied too. Any other value that is neither an array nor a
 * plain object is passed on as it is.
 *
 * @throws {StorageError} `UNSERIALIZABLE` for a value that can't be read, or stands inside itself
 */
export function collectReferences<Kind>(value: unknown, root: Place, options: CollectOptions<Kind>): Found<Kind>[] {
  const collection = new Collection(options);
  collection.add(value, root);
  while (!collection.step());
  return collection.found;
}

/** A container that is being copied, or walked in place. */
interface Level {
  readonly input: Container;
  /** The container in the result: a new one, or the input itself. */
  readonly output: Container;
  /** The keys of an object, absent for an array. `unescape`: some keys are escaped, and the output undoes that. */
  readonly keys: readonly string[] | undefined;
  readonly unescape: boolean;
  readonly count: number;
  index: number;
}

/** Does the same as {@link collectReferences}, in steps. Other tasks may get their turn between the steps. */
export class Collection<Kind> {
  readonly found: Found<Kind>[] = [];
  /** Bytes of JSON copied so far, if `sizeOf` is given. */
  copiedSize = 0;
  private readonly owned: boolean;
  private readonly levels: Level[] = [];
  // Finds cycles. Every cycle gets this deep, but few payloads do. A set costs as much as copying a small payload.
  private ancestors: Set<object> | undefined;
  // The containers that were open when the recursion reached its limit, from the innermost.
  private readonly open: Level[] = [];
  private allowance = STEP;

  constructor(private readonly options: CollectOptions<Kind>) {
    this.owned = options.owned === true;
  }

  /**
   * Begins with a value. Call {@link Collection.step} until it is done.
   *
   * @throws {StorageError} `UNSERIALIZABLE` for a value that can't be read, or stands inside itself
   */
  add(value: unknown, { container, key }: Place): void {
    if (!isObject(value)) {
      this.count(value);
      put(container, key, value);
      return;
    }
    try {
      if (!this.take(value, container, key, 0)) this.goInside();
    } catch (error) {
      throw readingFailure(error, "hydrate");
    }
  }

  /** Whether everything that was added is done. */
  get isDone(): boolean {
    return this.levels.length === 0;
  }

  /** Takes one step. @returns whether everything that was added is done. @throws as {@link Collection.add} does */
  step(): boolean {
    try {
      return this.goOn();
    } catch (error) {
      throw readingFailure(error, "hydrate");
    }
  }

  private goOn(): boolean {
    const { levels } = this;
    this.allowance = STEP;
    for (let top = levels.at(-1); top !== undefined && this.allowance > 0; top = levels.at(-1)) {
      if (this.walk(top, 0)) {
        this.ancestors?.delete(top.input);
        levels.pop();
      } else {
        this.open.pop(); // the level itself
        this.goInside();
      }
    }
    return levels.length === 0;
  }

  private goInside(): void {
    const ancestors = (this.ancestors ??= new Set());
    for (let level = this.open.pop(); level !== undefined; level = this.open.pop()) {
      if (ancestors.has(level.input)) throw cycle();
      if (!this.owned && this.levels.length === MAX_NESTING) throw tooDeep();
      ancestors.add(level.input);
      this.levels.push(level);
    }
  }

  /**
   * Puts an object, or its copy, into its place, with everything in it.
   *
   * @returns whether it is done. Otherwise `open` holds its position.
   */
  private take(value: object, container: Container, key: string | number, depth: number): boolean {
    const level = this.begin(value, container, key);
    if (level === undefined) return true;
    if (depth < MAX_RECURSION) return this.walk(level, depth);
    this.open.push(level);
    return false;
  }

  private walk(level: Level, depth: number): boolean {
    const end = Math.min(level.count, level.index + this.allowance);
    this.allowance -= end - level.index;
    while (level.index < end) {
      const inner = this.takeScalar(level);
      const key = keyOf(level);
      level.index++;
      if (inner !== undefined && !this.take(inner, level.output, key, depth + 1)) {
        this.allowance += end - level.index;
        this.open.push(level);
        return false;
      }
    }
    if (end === level.count) return true;
    this.open.push(level);
    return false;
  }

  /**
   * Puts an object, or the beginning of its copy, into its place. Returns the level to continue with, if there is
   * one.
   */
  private begin(value: object, container: Container, key: string | number): Level | undefined {
    if (Array.isArray(value)) {
      const output: unknown[] = this.owned ? value : new Array(value.length);
      put(container, key, output);
      this.copiedSize += 2;
      return { input: value, output, keys: undefined, unescape: false, count: value.length, index: 0 };
    }
    if (!isPlainObject(value)) {
      const other = this.options.recogniseOther?.(value);
      if (other !== undefined) {
        this.found.push({ place: { container, key }, value: value as Record<string, unknown>, kind: other });
        return undefined;
      }
      put(container, key, types.isUint8Array(value) ? new Uint8Array(value) : value);
      return undefined;
    }
    const keys = Object.keys(value);
    const hasDollar = hasDollarKey(keys);
    const kind = hasDollar ? this.options.recognise(value) : undefined;
    if (kind !== undefined) {
      put(container, key, null);
      this.found.push({ place: { container, key }, value, kind });
      return undefined;
    }
    const unescape = hasDollar && this.options.unescape && keys.some(isEscapedKey);
    const output = this.owned && !unescape ? value : {};
    put(container, key, output);
    this.copiedSize += 2;
    return { input: value, output, keys, unescape, count: keys.length, index: 0 };
  }

  /** Puts the value at the index of a level into the output. Returns the value instead if it is an object. */
  private takeScalar(level: Level): object | undefined {
    const { input, output, keys, index } = level;
    if (keys === undefined) {
      const value = (input as unknown[])[index];
      if (this.options.sizeOf !== undefined) this.count(value);
      if (isObject(value)) return value;
      if (output !== input) (output as unknown[])[index] = value;
      return undefined;
    }
    // Key by key, because a spread is slower on Node 20: twice as slow for an object of thousands of keys.
    const value = (input as Record<string, unknown>)[keys[index]!];
    if (this.options.sizeOf !== undefined) this.count(value, keys[index]);
    if (isObject(value)) return value;
    if (output !== input) setOwn(output as Record<string, unknown>, keyOf(level) as string, value);
    return undefined;
  }

  private count(value: unknown, key?: string): void {
    const { sizeOf } = this.options;
    if (sizeOf === undefined) return;
    if (!isObject(value)) this.copiedSize += sizeOf(value) + 1;
    if (key !== undefined) this.copiedSize += sizeOf(key) + 1;
  }
}

/** Returns the output key of the value at the index. */
function keyOf({ keys, unescape, index }: Level): string | number {
  if (keys === undefined) return index;
  return unescape ? unescapeKey(keys[index]!) : keys[index]!;
}

/** Puts a value into a container. */
export function put(container: Container, key: string | number, value: unknown): void {
  if (Array.isArray(container)) container[key as number] = value;
  else setOwn(container, key as string, value);
}

function tooDeep(): StorageError {
  return new StorageError(
    "UNSERIALIZABLE",
    `The value to hydrate is nested deeper than ${MAX_NESTING} levels: more than any stored value.`,
    { operation: "hydrate" },
  );
}

function cycle(): StorageError {
  return new StorageError("UNSERIALIZABLE", "The value to hydrate is a cycle: an object stands inside itself.", {
    operation: "hydrate",
  });
}
