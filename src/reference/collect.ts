import { isObject, isPlainObject } from "../json/is-object.js";
import { types } from "node:util";
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
  /** Undo the escaping of keys. */
  readonly unescape: boolean;
  /** What kind of reference an object with a key that begins with `$` is, if it is one. */
  readonly recognise: (value: Readonly<Record<string, unknown>>) => Kind | undefined;
  /** What kind of reference an object is that is no JSON: an instance of a class. Default: none is one. */
  readonly recogniseOther?: (value: object) => Kind | undefined;
  /** Whether the value is nobody else's, as parsed JSON is: then it is changed where it stands, not copied. */
  readonly owned?: boolean;
  /** Bytes of JSON of a scalar: given where it is asked how much was copied. */
  readonly sizeOf?: ((scalar: unknown) => number) | undefined;
}

// Levels that are walked by recursion, which is faster; deeper ones with a stack of their own, so that any depth will do.
const MAX_RECURSION = 100;

// No payload is dehydrated that is nested deeper. What reads as if it had no end, as a proxy may, has it here.
const MAX_NESTING = 500_000;

// Values of one step: some milliseconds of work.
const STEP = 20_000;

/** Puts a value into its place. */
export function fill({ container, key }: Place, value: unknown): void {
  put(container, key, value);
}

/**
 * Copies a JSON value into `root` and collects the references in it, in their order; each gets its place in the copy,
 * where it stands as null until it is filled. Bytes are copied too; what else is neither an array nor a plain object is
 * handed on as it is.
 *
 * @throws {StorageError} `UNSERIALIZABLE` for a value that stands inside itself
 */
export function collectReferences<Kind>(value: unknown, root: Place, options: CollectOptions<Kind>): Found<Kind>[] {
  const collection = new Collection(options);
  collection.add(value, root);
  while (!collection.step());
  return collection.found;
}

/** A container that is being copied, or walked where it stands. */
interface Level {
  readonly input: Container;
  /** What takes its place: a new one, or itself. */
  readonly output: Container;
  /** The keys of an object, absent for an array; and whether some are escaped, which they are not in the output. */
  readonly keys: readonly string[] | undefined;
  readonly unescape: boolean;
  readonly count: number;
  index: number;
}

/** The same as {@link collectReferences}, in steps, between which others may have their turn. */
export class Collection<Kind> {
  readonly found: Found<Kind>[] = [];
  /** Bytes of JSON of what was copied so far, where `sizeOf` is given. */
  copiedSize = 0;
  private readonly owned: boolean;
  private readonly levels: Level[] = [];
  // Here cycles are found: every cycle gets here. Few payloads do, and a set costs as much as to copy a small one.
  private ancestors: Set<object> | undefined;
  // After the recursion came to its end: where it stood, from the innermost.
  private readonly open: Level[] = [];
  private allowance = STEP;

  constructor(private readonly options: CollectOptions<Kind>) {
    this.owned = options.owned === true;
  }

  /** Begins with a value. {@link Collection.step} is to be called until it is done. */
  add(value: unknown, { container, key }: Place): void {
    if (!isObject(value)) {
      this.count(value);
      put(container, key, value);
    } else if (!this.take(value, container, key, 0)) {
      this.goInside();
    }
  }

  /** Whether all is done that was added. */
  get isDone(): boolean {
    return this.levels.length === 0;
  }

  /** Goes on. @returns whether all is done that was added */
  step(): boolean {
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
   * Puts an object, or the copy of it, into its place, and all that is in it too.
   *
   * @returns whether it is done; otherwise it stands where `open` says
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

  /** Puts an object, or the beginning of its copy, into its place. Gives the level to go on with, if there is one. */
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

  /** Puts what stands at the index of a level into the output, or gives it, when it is an object. */
  private takeScalar(level: Level): object | undefined {
    const { input, output, keys, index } = level;
    if (keys === undefined) {
      const value = (input as unknown[])[index];
      if (this.options.sizeOf !== undefined) this.count(value);
      if (isObject(value)) return value;
      if (output !== input) (output as unknown[])[index] = value;
      return undefined;
    }
    // Key by key: on Node 20 a spread takes longer, twice as long for an object of thousands of keys.
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

/** The key in the output of what stands at the index. */
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
