import type { DehydrateSettings } from "../configure/call-schemas.js";
import { ttlOf } from "../configure/retention.js";
import { StorageError } from "../errors/error.js";
import { expiryLabel } from "../object/expiry-label.js";

/**
 * Computes when the objects of one call end. The label counts from the beginning of the call. The call returns no
 * reference after its time limit. So a reference lives for `ttl`, less the time that the call took, and `ttl` is
 * longer than that time can be.
 */
export class CallExpiry {
  private isLabelled = false;

  private constructor(
    private readonly settings: DehydrateSettings,
    private readonly wall: number,
    private readonly monotonic: number,
  ) {}

  /** Records the current time. Returns `undefined` where nothing ends by age. */
  static begin(settings: DehydrateSettings): CallExpiry | undefined {
    const { ttl, retention } = settings;
    if (ttl === undefined && retention.ttl === "never" && retention.policies.length === 0) return undefined;
    return new CallExpiry(settings, retention.clock.now(), performance.now());
  }

  /**
   * Returns the label of the objects. `undefined` when they do not end by age.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a ttl that is shorter than the time that the call may take
   */
  label(scope: string): string | undefined {
    const ttl = ttlOf(this.settings, scope, this.settings.ttl);
    if (ttl === "never") return undefined;
    this.isLabelled = true;
    return expiryLabel(this.wall, ttl);
  }

  /**
   * Refuses a call that took too long. Two clocks are read, and the one that shows the longer time counts. If the
   * process was suspended, one of the clocks shows it, whatever the timers say.
   *
   * @throws {StorageError} `TIMEOUT`
   */
  assertInTime(): void {
    const { timeout, retention } = this.settings;
    const taken = Math.max(performance.now() - this.monotonic, retention.clock.now() - this.wall);
    if (!this.isLabelled || taken <= timeout) return;
    const message = `The call took longer than ${timeout} ms: what it stored may end too early. Call again.`;
    throw new StorageError("TIMEOUT", message, { operation: "dehydrate" });
  }
}
