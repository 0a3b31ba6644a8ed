/** The visit of one item on a walk. It must be ended in one of two ways. */
export interface Visit {
  /** Marks the item as done. */
  end(): void;
  /** Marks the item as failed. The frontier stays before it. */
  fail(): void;
}

interface Place {
  /** The path that was walked before this one. */
  readonly before: string | undefined;
  isFailed: boolean;
}

/**
 * Finds the path up to which all items are done, when items are visited in the order of their paths but end in any
 * order. It needs memory only for the visits in flight, however far the walk is ahead of one of them.
 */
export class WalkFrontier {
  /** All items up to this path are done; `undefined` while none are. */
  lastPath: string | undefined;
  #walked: string | undefined;
  // Visits in flight, and the first failed one. A set keeps the order of the walk.
  readonly #open = new Set<Place>();

  /** Number of places that it holds: visits in flight, and a failure. */
  get open(): number {
    return this.#open.size;
  }

  /** Passes a path that needs no visit. */
  pass(path: string): void {
    this.#walked = path;
    this.#advance();
  }

  begin(path: string): Visit {
    const place = { before: this.#walked, isFailed: false };
    this.#open.add(place);
    this.#walked = path;
    return {
      end: () => {
        this.#open.delete(place);
        this.#advance();
      },
      fail: () => {
        place.isFailed = true;
        this.#forgetBehindFailed();
        this.#advance();
      },
    };
  }

  // The frontier never gets past the first failed visit.
  #forgetBehindFailed(): void {
    let isBehind = false;
    for (const place of this.#open) {
      if (isBehind && place.isFailed) this.#open.delete(place);
      isBehind ||= place.isFailed;
    }
  }

  #advance(): void {
    const [first] = this.#open;
    const done = first === undefined ? this.#walked : first.before;
    if (done !== undefined) this.lastPath = done;
  }
}
