import type { Capability } from "../../src/store/capability.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../src/store/store.js";

export type TappedOperation =
  // "chunk" and "entry" are one step of a body and of a listing; "cancel" and "return" give up the rest.
  "write" | "read" | "chunk" | "cancel" | "stat" | "delete" | "list" | "entry" | "return" | "copy" | "close";

/** One call of a store, or one step of what it gave. */
export interface StoreCall {
  readonly operation: TappedOperation;
  readonly path: string;
  readonly options: WriteOptions & ReadOptions & ListOptions;
}

/** Stands between a test and a store: sees every call, and decides whether and when it goes on. */
export type Tap = <T>(call: StoreCall, proceed: () => Promise<T>) => Promise<T>;

/** A store whose every call goes through a {@link Tap}. */
export class TappedStore implements Store {
  readonly name = "tapped";
  readonly capability: Readonly<Capability>;

  constructor(
    private readonly tap: Tap,
    readonly inner: Store = new MemoryStore(),
    capability: Partial<Capability> = {},
  ) {
    this.capability = { ...inner.capability, ...capability };
  }

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return this.tap({ operation: "write", path, options }, () => this.inner.write(path, body, options));
  }

  read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return this.tap({ operation: "read", path, options }, async () => {
      return this.tappedResult(await this.inner.read(path, options), path, options);
    });
  }

  stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.tap({ operation: "stat", path, options }, () => this.inner.stat(path, options));
  }

  delete(path: string, options: DeleteOptions = {}): Promise<void> {
    return this.tap({ operation: "delete", path, options }, () => this.inner.delete(path, options));
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<ObjectInfo> {
    const { tap, inner } = this;
    return {
      [Symbol.asyncIterator]() {
        const iterator = inner.list(prefix, options)[Symbol.asyncIterator]();
        return {
          next: () => tap({ operation: "entry", path: prefix, options }, () => iterator.next()),
          return: () =>
            tap({ operation: "return", path: prefix, options }, async () => {
              return (await iterator.return?.()) ?? { done: true, value: undefined };
            }),
        };
      },
    };
  }

  copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    return this.tap({ operation: "copy", path: to, options }, () => this.inner.copy(from, to, options));
  }

  presign(path: string, options: PresignOptions): Promise<string> {
    return this.inner.presign(path, options);
  }

  close(): Promise<void> {
    return this.tap({ operation: "close", path: "", options: {} }, () => this.inner.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private tappedResult(result: ReadResult, path: string, options: ReadOptions): ReadResult {
    const { tap } = this;
    return {
      info: result.info,
      bytes: () => tap({ operation: "chunk", path, options }, () => result.bytes()),
      cancel: () => tap({ operation: "cancel", path, options }, () => result.cancel()),
      [Symbol.asyncIterator]() {
        const iterator = result[Symbol.asyncIterator]();
        return { next: () => tap({ operation: "chunk", path, options }, () => iterator.next()) };
      },
    };
  }
}
