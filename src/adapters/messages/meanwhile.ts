import { systemClock, type Clock } from "../../async/clock.js";

/** What is done again and again while a call is under way. */
export interface Repetition {
  /** Milliseconds between two times. */
  readonly every: number;
  readonly act: () => Promise<unknown>;
  /** Where the time comes from; default the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Waits for a call, and meanwhile keeps the hold on its message. That it fails to does not end the call: the worst is that the
 * message is delivered again.
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
