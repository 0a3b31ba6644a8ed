import type { Part } from "./byte-tree.js";

/** A drawn part, in pixels. */
export interface Box {
  readonly part: Part;
  readonly depth: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle to draw in, in pixels. */
export type Area = Omit<Box, "part" | "depth">;
