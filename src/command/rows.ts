/** Rows that are told by callbacks, as an iterable. */
export class Rows<Row> {
  readonly #waiting: Row[] = [];
  #wake = (): void => undefined;
  #isDone = false;

  /** Tells of a row. */
  readonly add = (row: Row): void => {
    this.#waiting.push(row);
    this.#wake();
  };

  /** Gives the rows that are told until `work` is done, and fails as it fails. */
  async *of(work: Promise<unknown>): AsyncGenerator<Row, void, undefined> {
    const end = (): void => {
      this.#isDone = true;
      this.#wake();
    };
    work.then(end, end);
    for (;;) {
      yield* this.#waiting.splice(0);
      if (this.#waiting.length > 0) continue; // they came while the reader was busy
      if (this.#isDone) break;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    await work;
  }
}
