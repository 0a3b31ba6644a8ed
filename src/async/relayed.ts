/**
 * Passes the items of an iterable on to their reader. `step` runs every step. It may act before and after the step, or
 * give it up. When a step is given up midway, the iterable below is not waited for.
 */
export async function* relayed<T>(
  items: AsyncIterable<T>,
  step: (next: () => Promise<IteratorResult<T, unknown>>) => Promise<IteratorResult<T, unknown>>,
): AsyncGenerator<T, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  let state: "idle" | "busy" | "ended" = "idle";
  try {
    for (;;) {
      state = "busy";
      const next = await step(() => iterator.next());
      if (next.done === true) {
        state = "ended";
        return;
      }
      state = "idle";
      yield next.value;
    }
  } finally {
    if (state === "idle") await iterator.return?.();
    else if (state === "busy") iterator.return?.().catch(() => undefined);
  }
}
