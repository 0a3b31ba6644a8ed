import { setImmediate as immediate } from "node:timers/promises";

// Milliseconds of work after which others have their turn. A turn costs microseconds, so that it takes nobody long.
const SLICE = 10;

/** Lets the event loop go on between pieces of work that together take long. What is one piece can't be interrupted. */
export class Pace {
  private begun: number;
  private pausing: Promise<void> | undefined;

  constructor(
    private readonly now: () => number = performance.now.bind(performance),
    private readonly pause: () => Promise<unknown> = immediate,
  ) {
    this.begun = now();
  }

  /** Whether it is time to {@link breathe}: for all who share this pace, until they have. */
  get due(): boolean {
    return this.pausing !== undefined || this.now() - this.begun >= SLICE;
  }

  async breathe(): Promise<void> {
    this.pausing ??= this.pause().then(() => {
      this.pausing = undefined;
      this.begun = this.now();
    });
    return this.pausing;
  }
}
