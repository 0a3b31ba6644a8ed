/** Ends the wait for a case in which nothing happens any more. The test runner would do so later, without a message. */
export class StallGuard {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #giveUp: (() => void) | undefined;

  /** @param limit milliseconds in which something must happen */
  constructor(private readonly limit: number) {}

  /** Settles as `work` does, or rejects when nothing has happened for too long. */
  async over<T>(work: Promise<T>): Promise<T> {
    const stalled = new Promise<never>((_, reject) => {
      this.#giveUp = () => reject(new Error(`nothing happened for ${this.limit} ms: no call began, and none ended`));
    });
    this.progress();
    try {
      return await Promise.race([work, stalled]);
    } finally {
      clearTimeout(this.#timer);
      this.#giveUp = undefined;
    }
  }

  /** Notes that something happened. */
  progress(): void {
    clearTimeout(this.#timer);
    if (this.#giveUp !== undefined) this.#timer = setTimeout(this.#giveUp, this.limit);
  }
}
