import { setMaxListeners } from "node:events";
import { StorageError } from "../errors/error.js";
import { onAbort, type StopListening } from "../async/on-abort.js";

/** What may end a call: a signal that is made when it is asked for. */
export interface Ending {
  readonly signal: AbortSignal;
}

/**
 * The caller's signal and the time limit of a call, as one signal. Time is counted from when it is asked for. Where nothing
 * has to be waited for nobody asks, and there is neither signal nor timer nor listener.
 */
export class Deadline implements Ending {
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stop: StopListening | undefined;

  /** @param timeout ms */
  constructor(
    private readonly operation: string,
    private readonly timeout: number,
    private readonly caller: AbortSignal | undefined,
  ) {}

  get signal(): AbortSignal {
    return (this.controller ??= this.start()).signal;
  }

  /** Leaves nothing behind: no timer, and nothing on the caller's signal. */
  end(): void {
    clearTimeout(this.timer);
    this.stop?.();
  }

  private start(): AbortController {
    const { operation, timeout, caller } = this;
    const controller = new AbortController();
    setMaxListeners(Infinity, controller.signal); // a store may listen many times, and Node warns of more than ten
    if (caller?.aborted === true) controller.abort(abortedCall(operation, caller));
    this.stop = onAbort(caller, () => {
      controller.abort(abortedCall(operation, caller!));
    });
    this.timer = setTimeout(() => controller.abort(lateCall(operation, timeout)), timeout);
    return controller;
  }
}

/**
 * Runs a call under the caller's signal and a time limit, as one signal. Nothing stays linked to the caller's signal
 * afterwards.
 *
 * @param timeout ms
 * @throws {StorageError} `ABORTED` or `TIMEOUT`, if `run` heeds its signal
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

/** The error of a call that took longer than `timeout` ms. */
export function lateCall(operation: string, timeout: number): StorageError {
  return new StorageError(
    "TIMEOUT",
    `The call took longer than ${timeout} ms. Try again, raise its timeout, or see why the store is slow.`,
    { operation },
  );
}

/** The error of a call whose caller gave it up. The reason is its cause, also when that is a StorageError of another call. */
export function abortedCall(operation: string, signal: AbortSignal): StorageError {
  return new StorageError("ABORTED", "The call was aborted.", { operation, cause: signal.reason });
}
