import { setMaxListeners } from "node:events";
import { StorageError } from "../errors/error.js";
import { onAbort, type StopListening } from "../async/on-abort.js";

/** A signal that may end a call. It is made on first use. */
export interface Ending {
  readonly signal: AbortSignal;
}

/**
 * Combines the caller's signal and the time limit of a call into one signal. The time starts when the signal is first
 * used. A call that waits for nothing never uses it, and so has no signal, timer or listener.
 */
export class Deadline implements Ending {
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stop: StopListening | undefined;

  /** @param timeout milliseconds */
  constructor(
    private readonly operation: string,
    private readonly timeout: number,
    private readonly caller: AbortSignal | undefined,
  ) {}

  get signal(): AbortSignal {
    return (this.controller ??= this.start()).signal;
  }

  /** Removes the timer, and the listener on the caller's signal. */
  end(): void {
    clearTimeout(this.timer);
    this.stop?.();
  }

  private start(): AbortController {
    const { operation, timeout, caller } = this;
    const controller = new AbortController();
    setMaxListeners(Infinity, controller.signal); // a store may listen many times, and Node warns about more than ten
    if (caller?.aborted === true) controller.abort(abortedCall(operation, caller));
    this.stop = onAbort(caller, () => {
      controller.abort(abortedCall(operation, caller!));
    });
    this.timer = setTimeout(() => controller.abort(lateCall(operation, timeout)), timeout);
    return controller;
  }
}

/**
 * Runs a call under one signal, which combines the caller's signal and a time limit. Nothing stays linked to the
 * caller's signal afterwards.
 *
 * @param timeout milliseconds
 * @throws {StorageError} `ABORTED` or `TIMEOUT`, if `run` obeys its signal
 */
export async function withDeadline<T>(
  operation: string,
  { timeout, signal }: { timeout: number; signal?: AbortSignal | undefined },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortedCall(operation, signal);
  const deadline = new Deadline(operation, timeout, signal);
  try {
    return await run(deadline.signal);
  } finally {
    deadline.end();
  }
}

/** Returns the error of a call that took longer than `timeout` ms. */
export function lateCall(operation: string, timeout: number): StorageError {
  return new StorageError(
    "TIMEOUT",
    `The call took longer than ${timeout} ms. Try again, raise its timeout, or see why the store is slow.`,
    { operation },
  );
}

/**
 * Returns the error of a call that its caller aborted. The reason is the cause, even when the reason is a StorageError
 * of another call.
 */
export function abortedCall(operation: string, signal: AbortSignal): StorageError {
  return new StorageError("ABORTED", "The call was aborted.", { operation, cause: signal.reason });
}
