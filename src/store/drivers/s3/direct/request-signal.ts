import { LinkedAbort } from "../../../../async/linked-abort.js";
import { onAbort, type StopListening } from "../../../../async/on-abort.js";

type Listener = () => void;

/** What stops a request. */
export interface RequestAbort {
  readonly signal: AbortSignal;
  /** Leaves nothing behind on the signal of the call. */
  unlink(): void;
}

// Others may hand it to `fetch`, which takes Node's own only.
const LISTENERS: readonly string[] = ["NodeHttpHandler", "UndiciHttpHandler"];

/** What stops a request when the signal of its call fires. Handlers leave listeners on the signal that they get. */
export function requestAbort(handler: object, signal: AbortSignal): RequestAbort {
  return LISTENERS.includes(handler.constructor.name) ? new RequestSignal(signal) : new LinkedAbort(signal);
}

/**
 * The signal of one request, which follows that of its call: as much of an `AbortSignal` as the handlers of the SDK and of
 * undici ask for. One of Node's takes as long to make as a request is signed.
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
    return this as unknown as AbortSignal; // as far as it is used
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
