/** Rows that are told by callbacks, as an iterable. */
export class Rows<Row> {
  readonly #waiting: Row[] = [];
  #wake = (): void => undefined;
  #isDone = false;
  #taken: Promise<void> | undefined;
  #take = (): void => undefined;

  /** Tells of a row. @returns when it was taken: whoever waits for that never tells more than the reader can read */
  readonly add = (row: Row): Promise<void> => {
    this.#waiting.push(row);
    this.#wake();
    return (this.#taken ??= new Promise((resolve) => (this.#take = resolve)));
  };

  /** Gives the rows that are told until `work` is done, and fails as it fails. */
  async *of(work: Promise<unknown>): AsyncGenerator<Row, void, undefined> {
    const end = (): void => {
      this.#isDone = true;
      this.#wake();
    };
    work.then(end, end);
    for (;;) {
      const rows = this.#waiting.splice(0);
      const take = this.#take;
      this.#taken = undefined;
      yield* rows;
      take();
      if (this.#waiting.length > 0) continue; // they came while the reader was busy
      if (this.#isDone) break;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    await work;
  }
}
