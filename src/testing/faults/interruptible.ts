/**
 * Returns the generator that `run` makes of `source`, but with a `return()` that interrupts a wait. A plain async
 * generator would delay `return()` until its `next()` has ended, and behind a hang this never happens.
 *
 * @param run gets a promise that says that the rest is given up; it must end then
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
    // The generator may wait for the source, or forever.
    generator.return().catch(() => undefined);
    await source.return?.();
    return { done: true, value: undefined };
  }
}
