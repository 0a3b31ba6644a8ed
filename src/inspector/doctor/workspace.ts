import { randomBytes, randomUUID } from "node:crypto";
import type { Store } from "../../store/store.js";

/** Objects with which a store is tried out. All go at the end. */
export class Workspace {
  readonly #paths = new Set<string>();

  /** What the paths of all objects begin with. */
  readonly prefix = `.coatcheck-probe/${randomUUID()}/`;

  constructor(
    readonly store: Store,
    readonly signal: AbortSignal,
  ) {}

  /** The path of an object, which is deleted at the end. */
  path(name: string): string {
    const path = this.prefix + name;
    this.#paths.add(path);
    return path;
  }

  /** Writes an object. */
  async put(name: string, bytes: Uint8Array = randomBytes(64)): Promise<string> {
    const path = this.path(name);
    await this.store.write(path, bytes, { signal: this.signal });
    return path;
  }

  async read(path: string, range: { offset?: number; length?: number } = {}): Promise<Uint8Array> {
    return (await this.store.read(path, { ...range, signal: this.signal })).bytes();
  }

  /** The paths that a listing gives, without what they begin with. */
  async list(options: { startAfter?: string; limit?: number } = {}, below = ""): Promise<string[]> {
    const names: string[] = [];
    for await (const { path } of this.store.list(this.prefix + below, { ...options, signal: this.signal })) {
      names.push(path.slice(this.prefix.length));
    }
    return names;
  }

  /** Deletes all, also after an abort. */
  async clear(): Promise<void> {
    await Promise.allSettled([...this.#paths].map((path) => this.store.delete(path)));
  }
}
