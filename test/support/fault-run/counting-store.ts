import { CallLayer } from "../../../src/store/layers/call-layer.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../../src/store/store.js";

/** What a store was asked for and has not been let go of. */
export class OpenCounts {
  /** Calls, and steps of bodies and listings, that have not settled. */
  calls = 0;
  /** Bodies neither read to their end nor given back. */
  bodies = 0;
  /** Listings begun, and neither ended nor left. */
  listings = 0;

  async during<T>(call: () => Promise<T>): Promise<T> {
    this.calls++;
    try {
      return await call();
    } finally {
      this.calls--;
    }
  }
}

/** Counts what is open of a store. */
export class CountingStore extends CallLayer {
  constructor(
    inner: Store,
    private readonly open: OpenCounts,
  ) {
    super(inner);
  }

  override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return this.open.during(() => this.inner.write(path, body, options));
  }

  override async read(path: string, options?: ReadOptions): Promise<ReadResult> {
    const result = await this.open.during(() => this.inner.read(path, options));
    return countedResult(result, this.open);
  }

  override stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    return this.open.during(() => this.inner.stat(path, options));
  }

  override delete(path: string, options?: DeleteOptions): Promise<void> {
    return this.open.during(() => this.inner.delete(path, options));
  }

  override copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo> {
    return this.open.during(() => this.inner.copy(from, to, options));
  }

  override list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo, void, undefined> {
    const { inner, open } = this;
    const listing: AsyncIterable<ObjectInfo> = {
      [Symbol.asyncIterator]() {
        const iterator = inner.list(prefix, options)[Symbol.asyncIterator]();
        let begun = false;
        const end = once(() => open.listings--);
        return countedIterator(iterator, open, end, () => {
          if (!begun) open.listings++;
          begun = true;
        });
      },
    };
    return listing as AsyncGenerator<ObjectInfo, void, undefined>; // of which nothing else is used
  }
}

function countedResult(result: ReadResult, open: OpenCounts): ReadResult {
  open.bodies++;
  const end = once(() => open.bodies--);
  return {
    info: result.info,
    async bytes() {
      try {
        return await open.during(() => result.bytes());
      } finally {
        end();
      }
    },
    [Symbol.asyncIterator]: () => countedIterator(result[Symbol.asyncIterator](), open, end),
    cancel() {
      end();
      return result.cancel();
    },
  };
}

function countedIterator<T>(
  iterator: AsyncIterator<T>,
  open: OpenCounts,
  end: () => void,
  begin: () => void = () => undefined,
): AsyncIterator<T> {
  return {
    async next() {
      begin();
      try {
        const next = await open.during(() => iterator.next());
        if (next.done === true) end();
        return next;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      // A listing that was never begun holds nothing.
      begin();
      end();
      return (await iterator.return?.()) ?? { done: true, value: undefined };
    },
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
