import { readingFailure } from "../errors/as-storage-error.js";
import { StorageError } from "../errors/error.js";
import type { Container } from "../json/container.js";
import { isObject, isPlainObject } from "../json/is-object.js";
import type { Place } from "./collect.js";
import { hasDollarKey } from "./escape.js";

/** A place in a value: a key of a container that has a place itself. Spots share their beginnings, unlike paths. */
export interface Spot {
  /** Absent in the outermost container. */
  readonly parent: Spot | undefined;
  readonly key: string | number;
}

/** A reference and its place. The place is absent when the reference is the whole value. */
export interface ReferenceAt<Kind> {
  readonly spot: Spot | undefined;
  readonly value: Readonly<Record<string, unknown>>;
  readonly kind: Kind;
}

type Recognise<Kind> = (value: Readonly<Record<string, unknown>>) => Kind | undefined;

interface Level {
  readonly input: Container;
  readonly keys: readonly string[] | undefined;
  readonly count: number;
  readonly spot: Spot | undefined;
  index: number;
}

/**
 * Finds the references in a JSON value of any depth, in their order, without copying it.
 *
 * @param spot the place of the value itself
 * @param recognise returns the kind of reference of an object with a key that begins with `$`. Inside a reference,
 *   nothing is searched.
 * @throws {StorageError} `UNSERIALIZABLE` for a value that can't be read, or stands inside itself
 */
export function* findReferences<Kind>(
  value: unknown,
  spot: Spot | undefined,
  recognise: Recognise<Kind>,
): Generator<ReferenceAt<Kind>, void, undefined> {
  for (const { input, spot: at, kind } of containersIn(value, spot, recognise)) {
    if (kind !== undefined) yield { spot: at, value: input as Record<string, unknown>, kind };
  }
}

/**
 * Searches the value of `root` for another place, and returns the path to it. It is for messages, so that other code
 * need not keep paths. The path is empty for the place of the root, and for a place that is not found.
 */
export function pathOfPlace(root: Place, { container, key }: Place): (string | number)[] {
  const value = (root.container as Record<string | number, unknown>)[root.key];
  for (const { input, spot } of containersIn(value, undefined, () => undefined)) {
    if (input === container) return [...pathOf(spot), key];
  }
  return [];
}

/** Returns the path from the outermost container to a spot. */
export function pathOf(spot: Spot | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = spot; at !== undefined; at = at.parent) path.push(at.key);
  return path.reverse();
}

/** Yields the objects and arrays in a value, each before its content. */
function* containersIn<Kind>(
  value: unknown,
  spot: Spot | undefined,
  recognise: Recognise<Kind>,
): Generator<Level & { readonly kind: Kind | undefined }, void, undefined> {
  const levels: Level[] = [];
  const ancestors = new Set<object>();
  try {
    let next = levelOf(value, spot);
    for (;;) {
      if (next !== undefined) {
        const { input, keys } = next;
        const kind = keys !== undefined && hasDollarKey(keys) ? recognise(input as Record<string, unknown>) : undefined;
        yield { ...next, kind };
        if (kind === undefined) {
          if (ancestors.has(input)) throw cycle();
          ancestors.add(input);
          levels.push(next);
        }
      }
      const level = levels.at(-1);
      if (level === undefined) return;
      next = nextLevel(level);
      if (next !== undefined) continue;
      ancestors.delete(level.input);
      levels.pop();
    }
  } catch (error) {
    throw readingFailure(error, "read");
  }
}

function levelOf(value: unknown, spot: Spot | undefined): Level | undefined {
  if (Array.isArray(value)) return { input: value, keys: undefined, count: value.length, spot, index: 0 };
  if (!isPlainObject(value)) return undefined;
  const keys = Object.keys(value);
  return { input: value, keys, count: keys.length, spot, index: 0 };
}

/** Moves on to the next object or array in a container. */
function nextLevel(level: Level): Level | undefined {
  const { input, keys, count, spot } = level;
  while (level.index < count) {
    const key = keys === undefined ? level.index : keys[level.index]!;
    level.index++;
    const value = (input as Record<string | number, unknown>)[key];
    const inner = isObject(value) ? levelOf(value, { parent: spot, key }) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function cycle(): StorageError {
  return new StorageError("UNSERIALIZABLE", "The value is a cycle: an object stands inside itself.", {
    operation: "read",
  });
}
