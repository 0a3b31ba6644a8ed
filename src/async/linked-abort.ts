import { onAbort, type StopListening } from "./on-abort.js";

/**
 * A signal of its own that also fires when another signal does, at once or `grace` ms later. The other signal may live
 * as long as the process. Unlike `AbortSignal.any`, this one leaves nothing on the other signal once it is unlinked.
 */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #source: AbortSignal | undefined;
  readonly #grace: number;
  readonly #stop: StopListening;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: AbortSignal | undefined, grace = 0) {
    this.#source = source;
    this.#grace = grace;
    if (source?.aborted) this.#controller.abort(source.reason);
    this.#stop = onAbort(source, this.#follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Fires the signal. Only the first reason counts. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  unlink(): void {
    clearTimeout(this.#timer);
    this.#stop();
  }

  readonly #follow = (): void => {
    const follow = (): void => {
      this.#controller.abort(this.#source?.reason);
    };
    if (this.#grace === 0) follow();
    else this.#timer = setTimeout(follow, this.#grace);
  };
}
