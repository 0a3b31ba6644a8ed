import { types } from "node:util";
import { StorageError } from "../error.js";
import { setOwn, type Container } from "./container.js";
import { unescapeKey } from "./escape.js";

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
}

interface Level {
  readonly input: Container;
  readonly copy: Container;
  readonly keys: readonly string[] | undefined;
  readonly count: number;
  index: number;
}

/** Puts a value into its place. */
export function fill({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[key as number] = value;
  else setOwn(container, key as string, value);
}

/**
 * Copies a JSON value into `root` and collects the references in it; each gets its place in the copy, where it stands
 * as null until it is filled. Bytes are copied too; what else is neither an array nor a plain object is handed on as it
 * is. Without recursion, so that nesting of any depth will do.
 *
 * @throws {StorageError} `UNSERIALIZABLE` for a value that stands inside itself
 */
export function collectReferences<Kind>(value: unknown, root: Place, options: CollectOptions<Kind>): Found<Kind>[] {
  const found: Found<Kind>[] = [];
  const levels: Level[] = [];
  const ancestors = new Set<unknown>();
  let place = root;
  let current = value;
  for (;;) {
    const level = enter(current, place, options, found);
    if (level !== undefined) {
      if (ancestors.has(level.input)) throw cycle();
      ancestors.add(level.input);
      levels.push(level);
    }
    let top = levels.at(-1);
    while (top !== undefined && top.index === top.count) {
      ancestors.delete(top.input);
      levels.pop();
      top = levels.at(-1);
    }
    if (top === undefined) return found;
    const key = top.keys === undefined ? top.index : top.keys[top.index]!;
    top.index++;
    current = (top.input as Record<string | number, unknown>)[key];
    place = { container: top.copy, key: typeof key === "string" && options.unescape ? unescapeKey(key) : key };
  }
}

/** Puts a value, or the beginning of its copy, into its place. Gives the level to go on with, if there is one. */
function enter<Kind>(
  value: unknown,
  place: Place,
  options: CollectOptions<Kind>,
  found: Found<Kind>[],
): Level | undefined {
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    fill(place, copy);
    return { input: value, copy, keys: undefined, count: value.length, index: 0 };
  }
  if (!isPlainObject(value)) {
    fill(place, types.isUint8Array(value) ? new Uint8Array(value) : value);
    return undefined;
  }
  const keys = Object.keys(value);
  const kind = keys.some((key) => key.startsWith("$")) ? options.recognise(value) : undefined;
  if (kind !== undefined) {
    fill(place, null);
    found.push({ place, value, kind });
    return undefined;
  }
  const copy = {};
  fill(place, copy);
  return { input: value, copy, keys, count: keys.length, index: 0 };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second test knows the plain objects of other realms.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function cycle(): StorageError {
  return new StorageError("UNSERIALIZABLE", "The value to hydrate is a cycle: an object stands inside itself.", {
    operation: "hydrate",
  });
}
