import type { Rules } from "./rules.js";
import type { Wire } from "./wire.js";

/** A message that is ready to be sent: all that it leads to is durable. */
export interface Packed extends Wire {
  /** Whether a part of it, or the whole body, was stored. */
  readonly offloaded: boolean;
  /** What it counts by the broker's rules. */
  readonly size: number;
  /** The scope that its objects lie in, if it has any. */
  readonly scope?: string;
  /**
   * Deletes what was stored for this message alone. For a send that surely failed; never for one that may have arrived, such
   * as after a timeout. With `"expire"` it does nothing: others may share the objects.
   */
  discard(): Promise<void>;
}

/** A message that fits: as it was, and counted only for who asks. */
export class FittingMessage implements Packed {
  readonly body: Wire["body"];
  readonly attributes: Wire["attributes"];
  readonly key?: Wire["key"];
  readonly overhead?: number | undefined;
  readonly offloaded = false;

  constructor(
    message: Wire,
    private readonly rules: Rules,
  ) {
    this.body = message.body;
    this.attributes = message.attributes;
    if (message.key !== undefined) this.key = message.key;
    if (message.overhead !== undefined) this.overhead = message.overhead;
  }

  get size(): number {
    return this.rules.size(this);
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }
}
