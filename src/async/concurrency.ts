import { setMaxListeners } from "node:events";
import { abortable, throwIfAborted } from "./abort.js";
import { onAbort } from "./on-abort.js";

/**
 * Runs a task for every item, at most `limit` at a time. An item is taken when its task begins. The first failure
 * aborts the signal of the other tasks. It is thrown after they have settled. When the caller's own signal fires,
 * nothing is waited for.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  signal: AbortSignal,
  task: (item: T, signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  if (Array.isArray(items) && items.length <= 1) {
    throwIfAborted(signal);
    if (items.length === 1) await abortable(task(items[0] as T, signal), signal); // there are no other tasks to stop
    return;
  }
  const group = new AbortController();
  setMaxListeners(Infinity, group.signal); // every task listens, and Node warns about more than ten
  if (signal.aborted) group.abort(signal.reason);
  const stop = onAbort(signal, () => {
    group.abort(signal.reason);
  });
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (!group.signal.aborted) {
      try {
        const next = await iterator.next();
        if (next.done === true) return;
        await task(next.value, group.signal);
      } catch (error) {
        failure ??= { error };
        group.abort(error);
      }
    }
  };
  try {
    await abortable(
      Promise.all(Array.from({ length: Array.isArray(items) ? Math.min(limit, items.length) : limit }, worker)),
      signal,
    );
  } catch (error) {
    failure ??= { error }; // a failure says more than that the call ran out of time while the others hung
  } finally {
    stop();
  }
  if (failure !== undefined) throw failure.error;
}

/** Waits for all to end, and returns their values. Throws a failure only then, so that nothing goes on after it. */
export async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
