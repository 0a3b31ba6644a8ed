/** Rows from callbacks, as an async iterable. */
export class Rows<Row> {
  readonly #waiting: Row[] = [];
  #wake = (): void => undefined;
  #isDone = false;
  #isLeft = false;
  #taken: Promise<void> | undefined;
  #take = (): void => undefined;

  /**
   * Adds a row.
   *
   * @returns resolves when the reader has taken the row; callers that wait never add more than the reader can read
   */
  readonly add = (row: Row): Promise<void> => {
    if (this.#isLeft) return Promise.resolve();
    this.#waiting.push(row);
    this.#wake();
    return (this.#taken ??= new Promise((resolve) => (this.#take = resolve)));
  };

  /**
   * Yields the added rows until `work` is done. Rejects if `work` rejects. A reader that leaves early, because the call
   * was aborted, waits for `work` to clean up.
   */
  async *of(work: Promise<unknown>): AsyncGenerator<Row, void, undefined> {
    const end = (): void => {
      this.#isDone = true;
      this.#wake();
    };
    const ended = work.then(end, end);
    let take = this.#take;
    try {
      for (;;) {
        const rows = this.#waiting.splice(0);
        take = this.#take;
        this.#taken = undefined;
        yield* rows;
        take();
        if (this.#waiting.length > 0) continue; // rows arrived while the reader was busy
        if (this.#isDone) break;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#isLeft = true;
      take();
      this.#take();
      await ended;
    }
    await work;
  }
}
