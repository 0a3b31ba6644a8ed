import type { Place } from "./collect.js";

interface Level {
  readonly value: object;
  readonly keys: readonly (string | number)[];
  index: number;
}

/**
 * The path from what `root` holds to another place in it, by looking for it: for messages, so that nobody has to carry
 * paths along. Empty for the place of the root, and for one that is not in it.
 */
export function pathOfPlace(root: Place, { container, key }: Place): (string | number)[] {
  if (container === root.container) return [];
  const levels: Level[] = [];
  let next = (root.container as Record<string | number, unknown>)[root.key];
  for (;;) {
    if (next === container) return [...levels.map(({ keys, index }) => keys[index - 1]!), key];
    if (typeof next === "object" && next !== null && !ArrayBuffer.isView(next)) {
      levels.push({ value: next, keys: Array.isArray(next) ? [...next.keys()] : Object.keys(next), index: 0 });
    }
    while (levels.length > 0 && levels.at(-1)!.index === levels.at(-1)!.keys.length) levels.pop();
    const level = levels.at(-1);
    if (level === undefined) return [];
    next = (level.value as Record<string | number, unknown>)[level.keys[level.index++]!];
  }
}
