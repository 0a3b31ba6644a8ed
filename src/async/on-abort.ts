/** Ends the listening. Idempotent. */
export type StopListening = () => void;

// All that wait for a signal share one listener on it: Node takes more than ten on one signal for a leak, and a caller may
// give the same signal to any number of calls. The key is the signal itself, held weakly.
const waiting = new WeakMap<AbortSignal, Fanout>();

/**
 * Calls `listener` once when the signal fires: not at all when it has fired before. Nothing stays on the signal when all
 * that listened have stopped.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): StopListening {
  if (signal === undefined || signal.aborted) return ignore;
  let fanout = waiting.get(signal);
  if (fanout === undefined) waiting.set(signal, (fanout = new Fanout(signal)));
  return fanout.add(listener);
}

/** The one listener on a signal, and those that it calls. */
class Fanout {
  // Held by an object of each call's own: the same function may listen twice.
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
    // One that stops another before its turn is heeded: a set leaves out what was deleted meanwhile.
    for (const call of this.#calls) {
      this.#calls.delete(call);
      try {
        call.listener();
      } catch (error) {
        // As an event target does: the others are called all the same, and the process hears of it.
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
