import type { DehydrateSettings } from "../configure/call-schemas.js";
import { ttlOf } from "../configure/retention.js";
import { StorageError } from "../errors/error.js";
import { expiryLabel } from "../object/expiry-label.js";

/**
 * When the objects of one call end. The label is counted from the beginning of the call, and the call gives no reference
 * after its time limit: so what it gives lives for `ttl`, less what it took, and `ttl` is longer than that may be.
 */
export class CallExpiry {
  private isLabelled = false;

  private constructor(
    private readonly settings: DehydrateSettings,
    private readonly wall: number,
    private readonly monotonic: number,
  ) {}

  /** Takes the time. `undefined` where nothing ends by age. */
  static begin(settings: DehydrateSettings): CallExpiry | undefined {
    const { ttl, retention } = settings;
    if (ttl === undefined && retention.ttl === "never" && retention.policies.length === 0) return undefined;
    return new CallExpiry(settings, retention.clock.now(), performance.now());
  }

  /**
   * The label of the objects; `undefined`: they do not end by age.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a ttl that is shorter than the call may take
   */
  label(scope: string): string | undefined {
    const ttl = ttlOf(this.settings, scope, this.settings.ttl);
    if (ttl === "never") return undefined;
    this.isLabelled = true;
    return expiryLabel(this.wall, ttl);
  }

  /**
   * Refuses a call that took too long, by the larger of two clocks: a process that was suspended is late by one of them,
   * whatever its timers say.
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
