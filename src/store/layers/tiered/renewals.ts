import type { TouchableStore } from "./touchable-store.js";

/** Lets objects live on in a store where unused ones expire. Nobody waits for it, and its failures are nobody's. */
export class Renewals {
  readonly #underWay = new Set<string>();
  readonly #closed = new AbortController();

  constructor(private readonly store: TouchableStore) {}

  /** @param onMissing is called when there is no such object any more */
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
      // The object expires when its time has come, as it would without us; the next hit tries again.
    }
  }
}
