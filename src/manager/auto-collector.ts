import { collect } from "../maintain/collect/collect.js";
import type { EntrySource } from "../hydrate/reads/entry-source.js";
import type { ManagerParts } from "../call/call.js";

/** Runs passes of the collector in the background of calls: one at a time, and no more than one each interval. */
export class AutoCollector {
  private readonly ended = new AbortController();
  private running: Promise<void> | undefined;
  private last = -Infinity;

  constructor(private readonly parts: ManagerParts & { readonly source: EntrySource }) {}

  /** Runs a pass when the interval is over. Nobody waits for it, and how it ends is told to observers alone. */
  trigger(): void {
    const { clock, gcInterval } = this.parts.settings.retention;
    if (this.running !== undefined || this.ended.signal.aborted) return;
    const now = clock.now();
    // A clock that was set back must not stop all passes until it is where it was.
    if (now >= this.last && now < this.last + gcInterval) return;
    this.last = now;
    this.running = collect(this.parts, { signal: this.ended.signal })
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => {
        this.running = undefined;
      });
  }

  /** Ends the pass that is under way, and runs no other. */
  async stop(): Promise<void> {
    this.ended.abort();
    await this.running;
  }
}
