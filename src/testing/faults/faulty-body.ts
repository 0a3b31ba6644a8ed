import type { StorageError } from "../../errors/error.js";
import { inject, injectedError, type FaultyCall } from "./inject.js";
import type { Strike } from "./fault-plan.js";
import { interruptible } from "./interruptible.js";

interface PlacedStrike {
  readonly strike: Strike;
  /** Number of bytes before the fault. */
  readonly at: number;
}

/** A body that is cut, changed, delayed or broken off while it is read. */
export class FaultyBody implements AsyncIterable<Uint8Array> {
  /** The injected error, if there was one. The reader of the body may have turned it into another error. */
  failure: StorageError | undefined;

  /**
   * @param length bytes of the whole body, if known; otherwise a fault whose place depends on the seed strikes the
   *   first chunk
   */
  constructor(
    private readonly chunks: AsyncIterable<Uint8Array>,
    private readonly strikes: readonly Strike[],
    private readonly length: number | undefined,
    private readonly call: FaultyCall,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return interruptible(this.chunks[Symbol.asyncIterator](), (source, givenUp) => this.run(source, givenUp));
  }

  private async *run(
    source: AsyncIterator<Uint8Array>,
    givenUp: Promise<void>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let strikes: PlacedStrike[] | undefined;
    let offset = 0;
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      let chunk = next.value;
      if (chunk.byteLength > 0) strikes ??= this.place(this.length ?? chunk.byteLength);
      while (strikes?.[0] !== undefined && strikes[0].at < offset + chunk.byteLength) {
        const { strike, at } = strikes.shift()!;
        const index = at - offset;
        if (strike.kind === "flip") {
          chunk = flipped(chunk, index);
          strike.happened();
          continue;
        }
        if (index > 0) yield chunk.subarray(0, index);
        [chunk, offset] = [chunk.subarray(index), at];
        if (await this.endsBy(strike, source, givenUp)) return;
      }
      if (chunk.byteLength > 0) yield chunk;
      offset += chunk.byteLength;
    }
  }

  /** Applies a fault. Returns whether the body ends with it. */
  private async endsBy(strike: Strike, source: AsyncIterator<Uint8Array>, givenUp: Promise<void>): Promise<boolean> {
    try {
      if (strike.kind !== "truncate") {
        await inject([strike], this.call, givenUp);
        return false;
      }
      strike.happened();
      if (strike.fault.error !== undefined) throw injectedError(strike.fault.error, this.call);
    } catch (error) {
      this.failure = error as StorageError;
      await source.return?.();
      throw error;
    }
    await source.return?.();
    return true;
  }

  private place(length: number): PlacedStrike[] {
    return this.strikes
      .map((strike) => {
        const { truncate, flip } = strike.fault;
        const given = truncate ?? flip;
        return { strike, at: typeof given === "number" ? given : Math.floor(strike.place * length) };
      })
      .sort((a, b) => a.at - b.at);
  }
}

// Makes a copy, because the bytes may belong to somebody else.
function flipped(bytes: Uint8Array, index: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[index]! ^= 1;
  return copy;
}
