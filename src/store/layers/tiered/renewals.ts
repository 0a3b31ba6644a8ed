import type { TouchableStore } from "./touchable-store.js";

/** Renews objects in a store where unused ones expire. Nobody waits for a renewal, and its failures reach no caller. */
export class Renewals {
  readonly #underWay = new Set<string>();
  readonly #closed = new AbortController();

  constructor(private readonly store: TouchableStore) {}

  /**
   * Renews an object, unless that is already in flight.
   *
   * @param onMissing is called when there is no such object any more
   */
  renew(path: string, onMissing: () => void): void {
    if (this.#closed.signal.aborted || this.#underWay.has(path)) return;
    this.#underWay.add(path);
    void this.#touch(path, onMissing).finally(() => this.#underWay.delete(path));
  }

  close(): void {
    this.#closed.abort(new Error("The store was closed."));
  }

  async #touch(path: string, onMissing: () => void): Promise<void> {
    try {
      if (!(await this.store.touch(path, { signal: this.#closed.signal }))) onMissing();
    } catch {
      // The object expires at its time, as it would without a renewal. The next hit tries again.
    }
  }
}
