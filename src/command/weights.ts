import { isObject } from "../json/is-object.js";
import { leafSize } from "../picture/byte-tree.js";
import { stringSize } from "../plan/json-size.js";
import { formatPayloadPath, type PayloadPath } from "../plan/payload-path.js";

/** A part of a payload, and the bytes of its JSON. */
export interface Weight {
  readonly path: string;
  readonly bytes: number;
}

/** A value and its container. Whole paths of a deep payload would need too much memory. */
interface Part {
  readonly outer?: Part;
  readonly key?: string | number;
  readonly value: unknown;
}

// If one part holds more than this share of a container, the part is named in place of the container.
const MOST = 0.9;
const MORE = 0.5;

/**
 * Finds the heaviest parts of a payload, the heaviest first. The parts do not overlap. A container with one heavy
 * part is replaced by that part. A container whose bytes are spread over many parts is named itself.
 *
 * @param payload parsed JSON
 */
export function heaviestParts(payload: unknown, count: number): Weight[] {
  const sizes = containerSizes(payload);
  const sizeOf = (value: unknown): number => (isObject(value) ? sizes.get(value)! : leafSize(value));
  const unwrapped = unwrap({ value: payload }, MOST, sizeOf);
  const parts = childrenOf(unwrapped);
  return (parts.length === 0 ? [unwrapped] : parts)
    .map((part) => ({ part, bytes: sizeOf(part.value) }))
    .sort((one, other) => other.bytes - one.bytes)
    .slice(0, count)
    .map(({ part }) => unwrap(part, MORE, sizeOf))
    .map((part) => ({ path: formatPayloadPath(pathOf(part)), bytes: sizeOf(part.value) }));
}

/** Returns the deepest part that still holds nearly all bytes of its containers. */
function unwrap(outer: Part, share: number, sizeOf: (value: unknown) => number): Part {
  let part = outer;
  for (;;) {
    const bytes = sizeOf(part.value);
    const heavy = childrenOf(part).find(({ value }) => sizeOf(value) > bytes * share);
    if (heavy === undefined) return part;
    part = heavy;
  }
}

function childrenOf(outer: Part): Part[] {
  const { value } = outer;
  if (!isObject(value)) return [];
  if (Array.isArray(value)) return value.map((child: unknown, index) => ({ outer, key: index, value: child }));
  return Object.entries(value).map(([key, child]) => ({ outer, key, value: child }));
}

function pathOf(part: Part): PayloadPath {
  const path: PayloadPath = [];
  for (let { outer, key } = part; outer !== undefined; { outer, key } = outer) path.push(key!);
  return path.reverse();
}

/** Computes the JSON bytes of every container in a value of any depth. */
function containerSizes(payload: unknown): Map<object, number> {
  const sizes = new Map<object, number>();
  const open: { container: object; isCounted: boolean }[] = isObject(payload)
    ? [{ container: payload, isCounted: false }]
    : [];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const { container } = level;
    const values = Object.values(container) as unknown[];
    if (level.isCounted) {
      open.pop();
      const keys = Array.isArray(container)
        ? 0
        : Object.keys(container).reduce((sum, key) => sum + stringSize(key) + 1, 0);
      const inner = values.reduce<number>(
        (sum, value) => sum + (isObject(value) ? sizes.get(value)! : leafSize(value)),
        0,
      );
      sizes.set(container, 2 + keys + inner + Math.max(values.length - 1, 0));
      continue;
    }
    level.isCounted = true;
    for (const value of values) if (isObject(value)) open.push({ container: value, isCounted: false });
  }
  return sizes;
}
