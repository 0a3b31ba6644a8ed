import { streamResult, type ReadCall } from "../read-result.js";
import type { ObjectInfo, ReadResult } from "../store.js";
import { onAbort } from "../../async/on-abort.js";

/** One chunk of a body, or its end. */
export type BodyStep = IteratorResult<Uint8Array, unknown>;

/** What a layer does with the body of a read while the body passes through. */
export interface BodyRelay {
  /** Takes one step. Default `pull()`. */
  step?(pull: () => Promise<BodyStep>): Promise<BodyStep>;
  /** Is called once, when nothing more will pass: the body was read to its end, given up, or failed. */
  ended?(end: BodyEnd): void;
}

/** How a body ended. */
export type BodyEnd = { how: "read" | "cancelled" } | { how: "failed"; error: unknown };

const END = { done: true, value: undefined } as const;

/**
 * Hands a result on to the reader, step by step. `relay.ended` is called and the result below is freed in every case,
 * even when a signal fires and nobody reads. This happens at once, even if a step below hangs.
 *
 * @param info the description that the reader gets; default: that of the result below
 */
export function relayedResult(
  result: ReadResult,
  relay: BodyRelay,
  call: ReadCall,
  info: ObjectInfo = result.info,
): ReadResult {
  const { signal } = call;
  let over = false;
  let busy = false;
  const end = (how: BodyEnd): void => {
    if (over) return;
    over = true;
    stop();
    relay.ended?.(how);
  };
  const isOver = (): boolean => over; // the compiler takes the variable for unchanged over an await
  const cancel = async (): Promise<void> => {
    end({ how: "cancelled" });
    const cancelling = result.cancel();
    if (!busy) await cancelling;
    else cancelling.catch(() => undefined); // a body that hangs in a step would not answer
  };
  const giveUp = (): void => {
    cancel().catch(() => undefined);
  };
  const stop = onAbort(signal, giveUp);

  let iterator: AsyncIterator<Uint8Array, unknown> | undefined;
  const pull = async (): Promise<BodyStep> => (iterator ??= result[Symbol.asyncIterator]()).next();
  const step = async (): Promise<BodyStep> => {
    if (over) return END;
    busy = true;
    try {
      const next = await (relay.step?.(pull) ?? pull());
      if (isOver()) return END;
      if (next.done === true) end({ how: "read" });
      return next;
    } catch (error) {
      if (isOver()) return END; // after cancel(), errors are ignored
      end({ how: "failed", error });
      giveUp();
      throw error;
    } finally {
      busy = false;
    }
  };
  const chunks: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: step,
      async return() {
        await cancel();
        return END;
      },
    }),
  };
  return streamResult(info, chunks, cancel, call);
}
