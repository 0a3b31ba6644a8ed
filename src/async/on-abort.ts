/** Ends the listening. Idempotent. */
export type StopListening = () => void;

// All listeners of a signal share one listener on the signal itself. Node takes more than ten listeners on one signal
// for a leak, and a caller may pass the same signal to any number of calls. The key is the signal itself, held weakly.
const waiting = new WeakMap<AbortSignal, Fanout>();

/**
 * Calls `listener` once when the signal fires. It is never called if the signal has fired before. Nothing stays on the
 * signal when all listeners have stopped.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): StopListening {
  if (signal === undefined || signal.aborted) return ignore;
  let fanout = waiting.get(signal);
  if (fanout === undefined) waiting.set(signal, (fanout = new Fanout(signal)));
  return fanout.add(listener);
}

/** The one listener on a signal, with the listeners that it calls. */
class Fanout {
  // Each call has its own object here, because the same function may listen twice.
  readonly #calls = new Set<{ readonly listener: () => void }>();

  constructor(private readonly signal: AbortSignal) {}

  add(listener: () => void): StopListening {
    const call = { listener };
    if (this.#calls.size === 0) this.signal.addEventListener("abort", this.#fire);
    this.#calls.add(call);
    return () => {
      if (this.#calls.delete(call) && this.#calls.size === 0) this.signal.removeEventListener("abort", this.#fire);
    };
  }

  readonly #fire = (): void => {
    this.signal.removeEventListener("abort", this.#fire);
    // A listener that stops another one before its turn is respected. A set skips items that were deleted meanwhile.
    for (const call of this.#calls) {
      this.#calls.delete(call);
      try {
        call.listener();
      } catch (error) {
        // Like an event target: the other listeners are still called, and the process gets the error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };
}

function ignore(): void {
  // There was nothing to listen to.
}
