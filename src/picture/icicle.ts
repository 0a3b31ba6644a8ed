import type { Area, Box } from "./boxes.js";
import type { Part } from "./byte-tree.js";
import { visibleParts } from "./gather.js";

// Least width of a box, in pixels. A smaller box can't be seen.
const LEAST = 2;

/**
 * Draws each part above its children, each as wide as its bytes. The container's own bytes leave free space on the
 * right.
 */
export function icicle(root: Part, area: Area, rows: number): Box[] {
  const height = area.height / rows;
  const scale = area.width / Math.max(root.bytes, 1);
  const boxes: Box[] = [];
  const draw = (part: Part, depth: number, x: number): void => {
    const width = part.bytes * scale;
    if (depth >= rows || width < LEAST) return;
    boxes.push({ part, depth, x, y: area.y + depth * height, width, height });
    let next = x;
    for (const child of visibleParts(part, LEAST / scale)) {
      draw(child, depth + 1, next);
      next += child.bytes * scale;
    }
  };
  draw(root, 0, area.x);
  return boxes;
}
