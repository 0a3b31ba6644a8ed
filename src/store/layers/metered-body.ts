import { isBytes } from "../../bytes/bytes.js";
import type { Reservation } from "./usage-meter.js";

/** A stream of unknown size, counted chunk by chunk before the store gets it. */
export class MeteredBody implements AsyncIterable<Uint8Array> {
  /** The reservations of all bytes that were counted. */
  readonly reservations: Reservation[] = [];
  /** The error that stopped the stream: its next chunk was refused. */
  refusal: unknown;

  constructor(
    private readonly body: AsyncIterable<Uint8Array>,
    private readonly reserve: (bytes: number) => Promise<Reservation>,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = this.body[Symbol.asyncIterator]();
    return {
      next: async () => {
        const step = await iterator.next();
        if (step.done !== true) await this.#count(step.value, iterator);
        return step;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    };
  }

  async #count(chunk: unknown, iterator: AsyncIterator<Uint8Array>): Promise<void> {
    if (!isBytes(chunk)) return; // the store below refuses it
    try {
      this.reservations.push(await this.reserve(chunk.byteLength));
    } catch (error) {
      this.refusal = error;
      // The reader takes a source that throws for one that has ended. So nobody else closes the source.
      iterator.return?.().catch(() => undefined);
      throw error;
    }
  }
}
