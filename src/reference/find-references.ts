import { StorageError } from "../errors/error.js";
import type { Container } from "../json/container.js";

/** A place in a value: a key of a container that has a place itself. They share their beginnings, as paths can't. */
export interface Spot {
  /** Absent in the outermost container. */
  readonly parent: Spot | undefined;
  readonly key: string | number;
}

/** A reference and where it stands; at no place when it is the whole value. */
export interface ReferenceAt<Kind> {
  readonly spot: Spot | undefined;
  readonly value: Readonly<Record<string, unknown>>;
  readonly kind: Kind;
}

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
 * @param spot where the value itself stands
 * @param recognise what kind of reference an object with a key that begins with `$` is, if it is one: it is not looked into
 * @throws {StorageError} `UNSERIALIZABLE` for a value that stands inside itself
 */
export function* findReferences<Kind>(
  value: unknown,
  spot: Spot | undefined,
  recognise: (value: Readonly<Record<string, unknown>>) => Kind | undefined,
): Generator<ReferenceAt<Kind>, void, undefined> {
  const levels: Level[] = [];
  const ancestors = new Set<object>();
  let next: { readonly value: unknown; readonly spot: Spot | undefined } | undefined = { value, spot };
  for (;;) {
    if (next !== undefined) {
      const found = enter(next.value, next.spot, recognise);
      if (found !== undefined && "kind" in found) yield found;
      else if (found !== undefined) {
        if (ancestors.has(found.input)) throw cycle();
        ancestors.add(found.input);
        levels.push(found);
      }
    }
    const level = levels.at(-1);
    if (level === undefined) return;
    next = nextObject(level);
    if (next !== undefined) continue;
    ancestors.delete(level.input);
    levels.pop();
  }
}

/** The path from the outermost container to a spot. */
export function pathOf(spot: Spot | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = spot; at !== undefined; at = at.parent) path.push(at.key);
  return path.reverse();
}

function enter<Kind>(
  value: unknown,
  spot: Spot | undefined,
  recognise: (value: Readonly<Record<string, unknown>>) => Kind | undefined,
): ReferenceAt<Kind> | Level | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return { input: value, keys: undefined, count: value.length, spot, index: 0 };
  if (!isPlainObject(value)) return undefined;
  const keys = Object.keys(value);
  const kind = keys.some((key) => key.startsWith("$")) ? recognise(value) : undefined;
  if (kind !== undefined) return { spot, value, kind };
  return { input: value, keys, count: keys.length, spot, index: 0 };
}

/** Goes on to the next object or array in a container. */
function nextObject(level: Level): { readonly value: object; readonly spot: Spot } | undefined {
  const { input, keys, count, spot } = level;
  while (level.index < count) {
    const key = keys === undefined ? level.index : keys[level.index]!;
    level.index++;
    const value = (input as Record<string | number, unknown>)[key];
    if (typeof value === "object" && value !== null) return { value, spot: { parent: spot, key } };
  }
  return undefined;
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The last test knows the plain objects of other realms.
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function cycle(): StorageError {
  return new StorageError("UNSERIALIZABLE", "The value is a cycle: an object stands inside itself.");
}
