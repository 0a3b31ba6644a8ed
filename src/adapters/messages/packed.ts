import type { Rules } from "./rules.js";
import type { Wire } from "./wire.js";

/** A message that is ready to be sent. All its objects are durable. */
export interface Packed extends Wire {
  /** Whether the body or a part of it was stored. */
  readonly offloaded: boolean;
  /** Size of the message by the broker's rules. */
  readonly size: number;
  /** Scope of the message's objects, if there are any. */
  readonly scope?: string;
  /**
   * Deletes the objects of this message alone. Call it after a send that certainly failed. Never call it for a
   * message that may have arrived, for example after a timeout. Does nothing with `"expire"`, since others may share
   * the objects.
   */
  discard(): Promise<void>;
}

/** An unchanged message that fits. Its size is computed only on request. */
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
