/** The visit of one thing on a walk. To be ended in one of two ways. */
export interface Visit {
  /** It is done. */
  end(): void;
  /** It could not be done: the frontier stays before it. */
  fail(): void;
}

interface Place {
  /** The path that was walked before. */
  readonly before: string | undefined;
  isFailed: boolean;
}

/**
 * Things are visited in the order of their paths, and done in any: up to which path is all done? Takes the memory of the
 * visits that are under way, however far the walk is ahead of one of them.
 */
export class WalkFrontier {
  /** Up to here all is done; `undefined` while that is nothing. */
  lastPath: string | undefined;
  #walked: string | undefined;
  // Visits under way, and the first that failed: a set keeps the order of the walk.
  readonly #open = new Set<Place>();

  /** What it holds: visits under way, and a failure. */
  get open(): number {
    return this.#open.size;
  }

  /** A path that needs no visit. */
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

  // The frontier never gets past the first that failed.
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
