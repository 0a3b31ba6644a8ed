import type { Area, Box } from "./boxes.js";
import type { Part } from "./byte-tree.js";
import { visibleParts } from "./gather.js";

// Least side of a box, in pixels. Smaller boxes can't be told apart, and there may be any number of them.
const LEAST_SIDE = 12;
const LEAST_AREA = LEAST_SIDE * LEAST_SIDE;

// Most boxes that a browser can draw at once. The deepest boxes are left out first.
const MAX_BOXES = 3500;

/**
 * Draws parts inside their containers, each as large as its bytes. The container's own bytes leave free space. The
 * algorithm is squarified: Bruls, Huizing, van Wijk, "Squarified Treemaps" (2000).
 */
export function treemap(root: Part, area: Area): Box[] {
  const scale = (area.width * area.height) / Math.max(root.bytes, 1);
  const boxes: Box[] = [{ part: root, depth: 0, ...area }];
  for (const { part, depth, x, y, width, height } of boxes) {
    if (Math.min(width, height) < LEAST_SIDE) continue;
    const parts = visibleParts(part, LEAST_AREA / scale).filter(({ bytes }) => bytes * scale >= LEAST_AREA);
    for (const [child, place] of squarified(parts, scale, { x, y, width, height })) {
      if (boxes.length === MAX_BOXES) return boxes;
      boxes.push({ part: child, depth: depth + 1, ...place });
    }
  }
  return boxes;
}

/**
 * Divides an area among the parts, in rows of nearly square boxes.
 *
 * @param parts the heaviest first
 */
function* squarified(parts: readonly Part[], scale: number, area: Area): Generator<[Part, Area], void, undefined> {
  let free = area;
  for (let first = 0; first < parts.length;) {
    const side = Math.min(free.width, free.height);
    let count = 1;
    let sum = parts[first]!.bytes * scale;
    while (first + count < parts.length) {
      const larger = sum + parts[first + count]!.bytes * scale;
      const last = parts[first + count]!.bytes * scale;
      if (
        worst(parts[first]!.bytes * scale, last, larger, side) >
        worst(parts[first]!.bytes * scale, parts[first + count - 1]!.bytes * scale, sum, side)
      )
        break;
      sum = larger;
      count++;
    }
    const row = parts.slice(first, first + count);
    yield* rowOf(row, scale, sum, free);
    free = without(free, sum);
    first += count;
  }
}

/** Returns the worst ratio of sides in a row. 1 is a square. */
function worst(largest: number, smallest: number, sum: number, side: number): number {
  const square = side * side;
  return Math.max((square * largest) / (sum * sum), (sum * sum) / (square * smallest));
}

function* rowOf(
  row: readonly Part[],
  scale: number,
  sum: number,
  free: Area,
): Generator<[Part, Area], void, undefined> {
  const isColumn = free.width >= free.height;
  const thickness = sum / (isColumn ? free.height : free.width);
  let { x, y } = free;
  for (const part of row) {
    const length = (part.bytes * scale) / thickness;
    yield [part, isColumn ? { x, y, width: thickness, height: length } : { x, y, width: length, height: thickness }];
    if (isColumn) y += length;
    else x += length;
  }
}

function without(free: Area, sum: number): Area {
  if (free.width >= free.height) {
    const taken = sum / free.height;
    return { ...free, x: free.x + taken, width: free.width - taken };
  }
  const taken = sum / free.width;
  return { ...free, y: free.y + taken, height: free.height - taken };
}
