import { types } from "node:util";
import { MAX_NESTING, type Container } from "../json/container.js";
import { Frame } from "./frame.js";
import type { PayloadPath } from "./payload-path.js";

/**
 * Limits objects inside each other that a `toJSON`, getter or proxy makes, since these may never end. The limit is a
 * little above what `JSON.stringify` has stack for.
 */
const MAX_COMPUTED = 10_000;

// Cycles are looked for only from this depth on. Every cycle gets there, and few payloads do.
const CHECK_DEPTH = 64;

/** The containers that the walk is inside of, from the outermost. */
export class OpenFrames {
  /** The number of containers. */
  depth = 0;
  private readonly frames: Frame[] = []; // the first `depth` are in use
  private ancestors: Set<Container> | undefined;
  private computed = 0; // frames in use whose input was made by the read itself

  /** The innermost container. */
  get top(): Frame {
    return this.frames[this.depth - 1]!;
  }

  /** The path of the child that the walk is at. */
  get path(): PayloadPath {
    return this.frames.slice(0, this.depth).map((frame) => frame.key);
  }

  /**
   * Begins a frame for the child that the walk is at.
   *
   * @param changed whether a `toJSON` returned the container
   * @returns what is wrong with the value at `path`, if the walk must not enter it
   */
  push(container: Container, changed: boolean): string | undefined {
    if (this.depth === MAX_NESTING) return `it is nested deeper than ${MAX_NESTING} levels`;
    if (this.ancestors !== undefined || this.depth >= CHECK_DEPTH) {
      this.ancestors ??= new Set(this.frames.slice(0, this.depth).map((frame) => frame.input));
      if (this.ancestors.has(container)) return this.cycle();
      this.ancestors.add(container);
    }
    const computed = this.depth >= CHECK_DEPTH && (changed || this.isComputed());
    if (computed && ++this.computed > MAX_COMPUTED) {
      return (
        `it is nested without end: more than ${MAX_COMPUTED} objects inside of each other were made by toJSON methods, ` +
        "getters or proxies"
      );
    }
    if (this.depth === this.frames.length) this.frames.push(new Frame());
    this.frames[this.depth]!.computed = computed;
    this.depth++;
    return undefined;
  }

  /** Ends the innermost container. */
  pop(): void {
    const { input, computed } = this.top;
    this.ancestors?.delete(input);
    if (computed) this.computed--;
    this.depth--;
  }

  private isComputed(): boolean {
    const { input, key } = this.top;
    return types.isProxy(input) || Object.getOwnPropertyDescriptor(input, key)?.get !== undefined;
  }

  private cycle(): string {
    // The cycle was noticed late. The path must name the first place where an object stands inside itself.
    const seen = new Set<Container>();
    for (let i = 0; i < this.depth; i++) {
      const { input } = this.frames[i]!;
      if (seen.has(input)) {
        this.depth = i;
        break;
      }
      seen.add(input);
    }
    return "it is a cycle: an object that stands inside itself";
  }
}
