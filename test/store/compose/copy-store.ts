import { StorageError, type StorageErrorCode } from "../../../src/errors/error.js";
import { CallLayer } from "../../../src/store/layers/call-layer.js";
import type { Capability } from "../../../src/store/capability.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { streamResult } from "../../../src/store/read-result.js";
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

/** What a copy does with its bodies: nothing wrong, or from byte `at` on. */
export type BodyFault = { fault: "truncate" | "flip" | "break" | "hang" | "extend"; at: number };

const CHUNK = 1000;

/** A copy that fails as it is told, counts what it is asked, and knows which of its bodies nobody gave back. */
export class CopyStore extends CallLayer {
  readonly calls: string[] = [];
  /** Every call fails with this code; `"hang"` never answers, whatever its signal says. */
  fails: StorageErrorCode | "hang" | undefined;
  /** The same, for some operations only. */
  failsAt: Partial<Record<string, StorageErrorCode | "hang">> = {};
  body: BodyFault | undefined;
  /** Bodies that were opened, and neither read to their end nor given back. */
  open = 0;
  /** Listings that were begun, and neither ended nor given back. */
  listing = 0;
  readonly signals: AbortSignal[] = [];
  /** Is awaited before each call is done. */
  before: (operation: string) => unknown = () => undefined;
  readonly #capability: Readonly<Capability>;

  /** @param disk what lies below, where nothing fails and nothing is counted */
  constructor(
    readonly disk: Store = new MemoryStore(),
    capability: Partial<Capability> = {},
  ) {
    super(disk);
    this.#capability = Object.freeze({ ...disk.capability, ...capability });
  }

  override get capability(): Readonly<Capability> {
    return this.#capability;
  }

  override async write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    await this.#begin("write", path, options);
    return super.write(path, body, options);
  }

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    await this.#begin("read", path, options);
    const inner = await super.read(path, { offset: options.offset, length: options.length });
    const bytes = await inner.bytes();
    this.open++;
    let given = false;
    const give = (): void => {
      if (!given) this.open--;
      given = true;
    };
    return streamResult(inner.info, this.#chunks(bytes, give), give, { store: this.name, signal: options.signal });
  }

  override async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    await this.#begin("stat", path, options);
    return super.stat(path, options);
  }

  override async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    await this.#begin("delete", path, options);
    return super.delete(path, options);
  }

  override async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    this.listing++;
    try {
      await this.#begin("list", prefix, options);
      yield* super.list(prefix, options);
    } finally {
      this.listing--;
    }
  }

  override async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    await this.#begin("copy", from, options);
    return super.copy(from, to, options);
  }

  override async close(): Promise<void> {
    await this.#begin("close", "", {});
    return super.close();
  }

  /** How often an operation was asked for. */
  count(operation: string): number {
    return this.calls.filter((call) => call === operation).length;
  }

  async *#chunks(whole: Uint8Array, give: () => void): AsyncGenerator<Uint8Array, void, undefined> {
    const { fault, at } = this.body ?? { fault: undefined, at: Infinity };
    try {
      const bytes = Buffer.from(whole);
      if (fault === "flip" && at < bytes.length) bytes[at]! ^= 1;
      const end = fault === "flip" || fault === "extend" ? bytes.length : Math.min(at, bytes.length);
      for (let i = 0; i < end; i += CHUNK) yield await Promise.resolve(bytes.subarray(i, Math.min(i + CHUNK, end)));
      if (fault === "extend") yield Buffer.from("more");
      if (end === bytes.length) return;
      if (fault === "break") throw new StorageError("UNAVAILABLE", "The connection broke.", { operation: "read" });
      if (fault === "hang") await new Promise<never>(() => undefined);
    } finally {
      give();
    }
  }

  async #begin(operation: string, path: string, { signal }: CallOptions): Promise<void> {
    this.calls.push(operation);
    if (signal !== undefined) this.signals.push(signal);
    await this.before(operation);
    if (operation === "close") return;
    const fails = this.failsAt[operation] ?? this.fails;
    if (fails === "hang") return new Promise<never>(() => undefined);
    if (fails === undefined) return;
    throw new StorageError(fails, "Told to fail.", { operation, store: this.name, path });
  }
}

/** Three copies by name. */
export function threeCopies(): { a: CopyStore; b: CopyStore; c: CopyStore } {
  return { a: new CopyStore(), b: new CopyStore(), c: new CopyStore() };
}

/** Puts one object into several stores, which do not notice. */
export async function putAll(stores: Iterable<CopyStore>, path: string, body: Uint8Array | string): Promise<void> {
  for (const store of stores) {
    await store.disk.write(path, body);
  }
}
