import type { Replica } from "../replicas/replica.js";

/**
 * Keeps the changes of one path in one store in the order of the calls. So stores that take changes at different
 * speeds end up with the same objects. Changes of other paths do not wait.
 */
export class PathOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Runs a change once all earlier changes of this path in these stores have ended, whether they succeeded or failed.
   */
  run<T>(replicas: readonly Replica[], path: string, change: () => Promise<T>): Promise<T> {
    const keys = replicas.map(({ index }) => `${index} ${path}`);
    const running = Promise.all(keys.map((key) => this.#last.get(key) ?? Promise.resolve())).then(change);
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    for (const key of keys) this.#last.set(key, ended);
    void ended.then(() => {
      for (const key of keys) if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    return running;
  }
}
