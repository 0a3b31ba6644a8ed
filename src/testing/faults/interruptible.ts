/**
 * What `run` makes of `source`, where giving up interrupts a wait: an async generator alone would put a `return()` off
 * until its `next()` has ended, and behind a hang that is never.
 *
 * @param run is told by a promise that the rest is given up; it must end then
 */
export function interruptible<T>(
  source: AsyncIterator<T>,
  run: (source: AsyncIterator<T>, givenUp: Promise<void>) => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<void>((resolve) => (giveUp = resolve));
  const generator = run(source, givenUp);
  return {
    next: () => generator.next(),
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };

  async function end(): Promise<IteratorReturnResult<undefined>> {
    giveUp();
    // What it waits for is the source's to end, or never.
    generator.return().catch(() => undefined);
    await source.return?.();
    return { done: true, value: undefined };
  }
}
