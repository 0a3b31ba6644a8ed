import { systemClock, type Clock } from "../../../async/clock.js";

/** A repeated action during a call. */
export interface Repetition {
  /** Milliseconds between repetitions. */
  readonly every: number;
  readonly act: () => Promise<unknown>;
  /** Clock for repetitions. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/**
 * Waits for a call, and repeats an action meanwhile that keeps the message locked. A failed action does not end the
 * call. At worst, the message is redelivered.
 */
export async function meanwhile<T>(call: Promise<T>, { every, act, clock = systemClock }: Repetition): Promise<T> {
  let timer: unknown;
  const repeat = (): void => {
    timer = clock.setTimeout(() => {
      act().catch(() => undefined);
      repeat();
    }, every);
  };
  repeat();
  try {
    return await call;
  } finally {
    clock.clearTimeout(timer);
  }
}
