import { collect } from "../maintain/collect/collect.js";
import type { EntrySource } from "../hydrate/reads/entry-source.js";
import type { ManagerParts } from "../call/call.js";

/**
 * Runs passes of the collector in the background of calls. One pass runs at a time, and at most one in each interval.
 */
export class AutoCollector {
  private readonly ended = new AbortController();
  private running: Promise<void> | undefined;
  private last = -Infinity;

  constructor(private readonly parts: ManagerParts & { readonly source: EntrySource }) {}

  /** Runs a pass if the interval is over. No caller waits for the pass. Only observers learn how the pass ended. */
  trigger(): void {
    const { clock, gcInterval } = this.parts.settings.retention;
    if (this.running !== undefined || this.ended.signal.aborted) return;
    const now = clock.now();
    // If the clock was set back, passes must not stop until the clock reaches its old time again.
    if (now >= this.last && now < this.last + gcInterval) return;
    this.last = now;
    this.running = collect(this.parts, { signal: this.ended.signal })
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => {
        this.running = undefined;
      });
  }

  /** Ends the pass that is running. No other pass starts after it. */
  async stop(): Promise<void> {
    this.ended.abort();
    await this.running;
  }
}
