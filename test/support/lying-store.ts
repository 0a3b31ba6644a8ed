import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ObjectInfo, ReadResult, Store } from "../../src/store/store.js";

/** Says in every listing, before or after what it holds, that one more object is there; and answers of another path. */
export class LyingStore extends MemoryStore {
  /** Listings that were given up or came to their end, of those that were begun. */
  open = 0;
  readonly deleted: string[] = [];

  constructor(
    /** The path that it lists beside others; `undefined`: none. */
    public listed?: unknown,
    private readonly isFirst = true,
    /** The path that it says its objects have; `undefined`: their own. */
    private readonly answered?: string,
  ) {
    super();
  }

  override async *list(...[prefix, options]: Parameters<Store["list"]>): AsyncGenerator<ObjectInfo, void, undefined> {
    const lie = { path: this.listed, size: 1 } as ObjectInfo;
    this.open++;
    try {
      if (this.listed !== undefined && this.isFirst) yield lie;
      yield* super.list(prefix, options);
      if (this.listed !== undefined && !this.isFirst) yield lie;
    } finally {
      this.open--;
    }
  }

  override async delete(...[path, options]: Parameters<Store["delete"]>): Promise<void> {
    this.deleted.push(path);
    await super.delete(path, options);
  }

  override async write(...args: Parameters<Store["write"]>): Promise<ObjectInfo> {
    return this.described(await super.write(...args));
  }

  override async read(...args: Parameters<Store["read"]>): Promise<ReadResult> {
    const result = await super.read(...args);
    return { ...result, info: this.described(result.info) };
  }

  override async stat(...args: Parameters<Store["stat"]>): Promise<ObjectInfo | undefined> {
    const info = await super.stat(...args);
    return info && this.described(info);
  }

  override async copy(...args: Parameters<Store["copy"]>): Promise<ObjectInfo> {
    return this.described(await super.copy(...args));
  }

  private described(info: ObjectInfo): ObjectInfo {
    return { ...info, path: this.answered ?? info.path };
  }
}
