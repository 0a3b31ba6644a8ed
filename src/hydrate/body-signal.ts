import { onAbort } from "../async/on-abort.js";
import { abortedCall } from "../call/deadline.js";

/** The signal of a body that outlives the call which opened it. */
export interface BodySignal {
  readonly signal: AbortSignal;
  /** To be called when the body has ended: nothing stays on the caller's signal. */
  unlink(): void;
}

/**
 * A signal that fires with that of the call, which has a time limit, and after it with the caller's own. Unlike
 * `AbortSignal.any`, it leaves nothing on a long-lived signal.
 */
export function bodySignal(callSignal: AbortSignal, callerSignal: AbortSignal | undefined): BodySignal {
  const controller = new AbortController();
  const stops = [
    onAbort(callSignal, () => {
      controller.abort(callSignal.reason);
    }),
    onAbort(callerSignal, () => {
      controller.abort(abortedCall("open", callerSignal!));
    }),
  ];
  return {
    signal: controller.signal,
    unlink() {
      for (const stop of stops) stop();
    },
  };
}
