import { types } from "node:util";
import { abortable } from "../async/abort.js";

/**
 * Notifies a listener. An error that it throws, or a rejection of an async listener, is ignored. Observation never
 * changes what a call does.
 */
export function notify<T>(listener: (news: T) => unknown, news: T): void {
  try {
    const answer = listener(news);
    if (types.isPromise(answer)) answer.catch(() => undefined);
  } catch {
    // Ignored, as the description says.
  }
}

/** A listener that is told one thing after the other. Whoever tells it may wait for what it has to do. */
export class PacedListener<T> {
  private last: unknown;

  constructor(private readonly listener: ((news: T) => unknown) | undefined) {}

  tell(news: T): void {
    const { listener } = this;
    if (listener !== undefined) notify((told) => (this.last = listener(told)), news);
  }

  /**
   * Waits for the promise that the listener returned last. A listener that writes down each report may be slower than
   * the search for what is reported.
   *
   * @throws {StorageError} `ABORTED`
   */
  async untilHeard(signal: AbortSignal | undefined): Promise<void> {
    const { last } = this;
    if (!types.isPromise(last)) return;
    await abortable(
      last.catch(() => undefined),
      signal,
    );
    if (this.last === last) this.last = undefined;
  }
}
