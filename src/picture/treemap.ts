import type { Area, Box } from "./boxes.js";
import type { Part } from "./byte-tree.js";

// Pixels: smaller ones can't be told apart, and there may be any number of them.
const LEAST_SIDE = 6;

/**
 * Parts inside of their containers, each as large as its bytes. Squarified: Bruls, Huizing, van Wijk, "Squarified Treemaps"
 * (2000). What a container has besides its children stays free.
 */
export function treemap(root: Part, area: Area): Box[] {
  const boxes: Box[] = [];
  const draw = (part: Part, depth: number, { x, y, width, height }: Area): void => {
    if (width < LEAST_SIDE || height < LEAST_SIDE) return;
    boxes.push({ part, depth, x, y, width, height });
    const scale = (width * height) / Math.max(part.bytes, 1);
    const parts = part.children.filter(({ bytes }) => bytes > 0);
    for (const [child, place] of squarified(parts, scale, { x, y, width, height })) draw(child, depth + 1, place);
  };
  draw(root, 0, area);
  return boxes;
}

/** @param parts the heaviest first */
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

/** How far the worst of a row is from a square. */
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
