import { throwIfAborted } from "../store/abort.js";
import { StorageError } from "../store/error.js";

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
  throwIfAborted(signal, { operation });
  const controller = new AbortController();
  const onAbort = (): void => {
    controller.abort(new StorageError("ABORTED", "The call was aborted.", { operation, cause: signal?.reason }));
  };
  const onTimeout = (): void => {
    controller.abort(new StorageError("TIMEOUT", `The call took longer than ${timeout} ms.`, { operation }));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(onTimeout, timeout);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
