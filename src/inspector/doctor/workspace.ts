import { randomBytes, randomUUID } from "node:crypto";
import type { Store } from "../../store/store.js";

/** Objects that probes write to test a store. All are deleted at the end. */
export class Workspace {
  readonly #paths = new Set<string>();

  /** Beginning of the paths of all objects. */
  readonly prefix = `.coatcheck-probe/${randomUUID()}/`;

  constructor(
    readonly store: Store,
    readonly signal: AbortSignal,
  ) {}

  /** Returns the path for an object, and notes it for deletion at the end. */
  path(name: string): string {
    const path = this.prefix + name;
    this.#paths.add(path);
    return path;
  }

  /** Writes an object and returns its path. */
  async put(name: string, bytes: Uint8Array = randomBytes(64)): Promise<string> {
    const path = this.path(name);
    await this.store.write(path, bytes, { signal: this.signal });
    return path;
  }

  async read(path: string, range: { offset?: number; length?: number } = {}): Promise<Uint8Array> {
    return (await this.store.read(path, { ...range, signal: this.signal })).bytes();
  }

  /** Lists objects and returns their paths without the prefix. */
  async list(options: { startAfter?: string; limit?: number } = {}, below = ""): Promise<string[]> {
    const names: string[] = [];
    for await (const { path } of this.store.list(this.prefix + below, { ...options, signal: this.signal })) {
      names.push(path.slice(this.prefix.length));
    }
    return names;
  }

  /** Deletes all objects, also after an abort. */
  async clear(): Promise<void> {
    await Promise.allSettled([...this.#paths].map((path) => this.store.delete(path)));
  }
}
