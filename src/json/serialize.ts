import stableStringify from "fast-json-stable-stringify";
import { StorageError } from "../errors/error.js";

/**
 * Returns the JSON of a value that holds nothing but JSON (no `toJSON`, no `undefined`), as `JSON.stringify` writes
 * it. With `canonical`, it is written as `fast-json-stable-stringify` writes it. The keys are sorted, so that key
 * order does not change the digest.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED` when the JSON would be longer than a string can be (512 MiB in V8)
 */
export function serialize(value: unknown, canonical: boolean): string {
  try {
    return canonical ? stableStringify(value) : JSON.stringify(value);
  } catch (cause) {
    // Both functions recurse, and fail on deep nesting. Both also fail where the result is too long for a string.
    if (cause instanceof RangeError) return serializeDeep(value, canonical);
    throw cause;
  }
}

interface Level {
  readonly container: Record<string, unknown> | readonly unknown[];
  readonly keys: readonly string[] | undefined;
  readonly count: number;
  index: number;
}

/** Does the same without recursion, for nesting of any depth. */
function serializeDeep(value: unknown, canonical: boolean): string {
  const parts: string[] = [];
  const levels: Level[] = [];
  let current = value;
  for (;;) {
    if (typeof current === "object" && current !== null) {
      const level = open(current as Level["container"], canonical);
      parts.push(level.keys === undefined ? "[" : "{");
      levels.push(level);
    } else {
      parts.push(leafJson(current));
    }
    let level = levels.at(-1);
    while (level !== undefined && level.index === level.count) {
      parts.push(level.keys === undefined ? "]" : "}");
      levels.pop();
      level = levels.at(-1);
    }
    if (level === undefined) return joined(parts);
    current = next(level, parts);
  }
}

function open(container: Level["container"], canonical: boolean): Level {
  if (Array.isArray(container)) return { container, keys: undefined, count: container.length, index: 0 };
  const keys = Object.keys(container);
  if (canonical) keys.sort();
  return { container, keys, count: keys.length, index: 0 };
}

function next(level: Level, parts: string[]): unknown {
  if (level.index > 0) parts.push(",");
  const key = level.keys === undefined ? level.index : level.keys[level.index]!;
  level.index++;
  if (typeof key === "string") parts.push(JSON.stringify(key), ":");
  return (level.container as Record<string | number, unknown>)[key];
}

function leafJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) as string | undefined;
    return json ?? "null"; // a value that changed since it was planned may be anything
  } catch (cause) {
    throw cause instanceof RangeError ? tooLong(cause) : cause;
  }
}

function joined(parts: readonly string[]): string {
  try {
    return parts.join("");
  } catch (cause) {
    throw tooLong(cause);
  }
}

/** Returns the error for JSON that is longer than a string can be, so that nobody could read it. */
export function tooLong(cause?: unknown): StorageError {
  return new StorageError("LIMIT_EXCEEDED", "A value is too large: its JSON is longer than the longest string.", {
    operation: "dehydrate",
    cause,
  });
}

// Number of keys that one step sorts or merges, which takes some milliseconds.
const STEP = 16_384;

/** Returns the keys of an object in the order of `Array.prototype.sort`, by UTF-16. Sorts many keys in steps. */
export function* sortedKeys(object: object): Generator<undefined, string[], undefined> {
  const keys = Object.keys(object);
  if (keys.length <= STEP) return keys.sort();
  yield undefined; // listing so many keys is a step of its own
  let runs: string[][] = [];
  for (let start = 0; start < keys.length; start += STEP) {
    runs.push(keys.slice(start, start + STEP).sort());
    yield undefined;
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const second = runs[index + 1];
      merged.push(second === undefined ? runs[index]! : yield* merge(runs[index]!, second));
    }
    runs = merged;
  }
  return runs[0]!;
}

function* merge(first: readonly string[], second: readonly string[]): Generator<undefined, string[], undefined> {
  const merged: string[] = [];
  let left = 0;
  let right = 0;
  while (left < first.length && right < second.length) {
    const end = Math.min(merged.length + STEP, merged.length + Math.min(first.length - left, second.length - right));
    while (merged.length < end) merged.push(first[left]! < second[right]! ? first[left++]! : second[right++]!);
    yield undefined;
  }
  for (; left < first.length; left++) merged.push(first[left]!);
  for (; right < second.length; right++) merged.push(second[right]!);
  return merged;
}
