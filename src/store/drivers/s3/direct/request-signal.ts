import { LinkedAbort } from "../../../../async/linked-abort.js";
import { onAbort, type StopListening } from "../../../../async/on-abort.js";

type Listener = () => void;

/** The signal that stops a request. */
export interface RequestAbort {
  readonly signal: AbortSignal;
  /** Removes all listeners from the signal of the call. */
  unlink(): void;
}

// Handlers that only listen to the signal. Others may pass it to `fetch`, which takes only Node's own signals.
const LISTENERS: readonly string[] = ["NodeHttpHandler", "UndiciHttpHandler"];

/**
 * Makes a signal that stops a request when the signal of its call fires. Handlers leave listeners on the signal that
 * they get.
 */
export function requestAbort(handler: object, signal: AbortSignal): RequestAbort {
  return LISTENERS.includes(handler.constructor.name) ? new RequestSignal(signal) : new LinkedAbort(signal);
}

/**
 * The signal of one request, which follows that of its call. It has only the parts of an `AbortSignal` that the
 * handlers of the SDK and of undici use. Making one of Node's signals takes as long as signing a request.
 */
class RequestSignal implements RequestAbort {
  readonly #source: AbortSignal;
  readonly #stop: StopListening;
  readonly #listeners = new Set<Listener>();

  constructor(source: AbortSignal) {
    this.#source = source;
    this.#stop = onAbort(source, () => {
      for (const listener of this.#listeners) listener();
    });
  }

  get signal(): AbortSignal {
    return this as unknown as AbortSignal; // it has all the members that are used
  }

  get aborted(): boolean {
    return this.#source.aborted;
  }

  get reason(): unknown {
    return this.#source.reason as unknown;
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.delete(listener);
  }

  unlink(): void {
    this.#stop();
  }
}
