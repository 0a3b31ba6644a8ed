import { numberSize, stringSize } from "./json-size.js";
import { hasToJson, isPlainContainer } from "./json-value.js";
import { keySizes } from "./key-sizes.js";

const NOT_SMALL = -1;

// Deeper nesting is left to the walk, which limits its recursion.
const MAX_DEPTH = 32;

/** Lists the keys of an object of plain JSON. Listing many keys takes as long as all other work, so it is done once. */
export function listKeys(value: unknown): readonly string[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !isPlainContainer(value)) return undefined;
  return Object.keys(value);
}

/**
 * Returns whether a payload is plain JSON of at most `maxSize` bytes, so that nothing leaves and nothing changes. It
 * is the fast exit for small payloads. It reads no more than `maxSize` bytes of a large payload, and makes nothing.
 *
 * @param keys the keys of the payload, if they were listed already
 */
export function isSmallPlainPayload(value: unknown, maxSize: number, keys?: readonly string[]): boolean {
  if (keys === undefined) return spaceLeft(value, maxSize, 0) >= 0;
  return !hasToJson(value as object) && spaceAfterFields(value as object, keys, maxSize, 0) >= 0;
}

/** Returns the bytes left of `space` after a value. Returns -1 when the value is larger, or not plain. */
function spaceLeft(value: unknown, space: number, depth: number): number {
  switch (typeof value) {
    case "string":
      return value.length > space ? NOT_SMALL : space - stringSize(value);
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? space - numberSize(value) : NOT_SMALL;
    case "boolean":
      return space - (value ? 4 : 5);
    case "object":
      if (value === null) return space - 4;
      return depth === MAX_DEPTH || hasToJson(value) ? NOT_SMALL : spaceAfterContainer(value, space, depth);
    default:
      return NOT_SMALL;
  }
}

function spaceAfterContainer(value: object, space: number, depth: number): number {
  if (Array.isArray(value)) {
    let left = space - 2 - Math.max(0, value.length - 1);
    for (let i = 0; left >= 0 && i < value.length; i++) left = spaceLeft(value[i], left, depth + 1);
    return left;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return NOT_SMALL;
  return spaceAfterFields(value, Object.keys(value), space, depth);
}

function spaceAfterFields(value: object, keys: readonly string[], space: number, depth: number): number {
  if (typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === "function") return NOT_SMALL;
  if (keys.length === 0) return space - 2;
  if (keys.length > space) return NOT_SMALL;
  const keySize = keySizes.of(keys);
  if (keySize < 0) return NOT_SMALL;
  let left = space - 1 - keySize; // two braces, and one comma less than keys
  for (let i = 0; left >= 0 && i < keys.length; i++) {
    left = spaceLeft((value as Record<string, unknown>)[keys[i]!], left, depth + 1);
  }
  return left;
}
