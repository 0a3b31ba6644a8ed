import { isObject } from "../json/is-object.js";
import { numberSize, stringSize } from "../plan/json-size.js";
import { formatPayloadPath, type PayloadPath } from "../plan/payload-path.js";

/** A part of a payload, and the bytes of its JSON. */
export interface Weight {
  readonly path: string;
  readonly bytes: number;
}

/** A value, and what it lies in: whole paths of a deep payload would be too much. */
interface Part {
  readonly outer?: Part;
  readonly key?: string | number;
  readonly value: unknown;
}

// A container is passed over for a part that holds so much of it.
const MOST = 0.9;
const MORE = 0.5;

/**
 * What makes a payload heavy: parts of it that do not lie in each other, the heaviest first. What only wraps a heavy part is
 * passed over; a container whose weight is spread over many parts is named itself.
 *
 * @param payload JSON, as it was parsed
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

/** The part that holds nearly all of another one, as deep as it lies. */
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

/** Bytes of the JSON of every container in a value of any depth. */
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

function leafSize(value: unknown): number {
  if (typeof value === "string") return stringSize(value);
  if (typeof value === "number") return numberSize(value);
  return String(value).length;
}
