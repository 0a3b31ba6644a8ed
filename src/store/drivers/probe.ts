import { randomUUID } from "node:crypto";
import type { CallOptions, ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";

/** What a probe needs of the driver whose server it tries out. */
export interface ProbeTarget {
  stat(path: string, call: DriverCall): Promise<ObjectInfo | undefined>;
  remove(path: string, call: DriverCall): Promise<unknown>;
}

/** Objects with which a server is tried out, under `.coatcheck-probe/`. */
export abstract class Probe {
  readonly #store: string;
  readonly #target: ProbeTarget;
  readonly #signal: AbortSignal | undefined;
  readonly #paths: string[] = [];

  protected constructor(store: string, { signal }: CallOptions, target: ProbeTarget) {
    this.#store = store;
    this.#target = target;
    this.#signal = signal;
  }

  /** Deletes what was written. */
  async cleanUp(): Promise<void> {
    const remove = async (path: string): Promise<void> => {
      // A caller that gave up still gets its bucket back clean.
      const { details } = this.call("delete", path);
      await this.#target.remove(path, { details }).catch(() => undefined);
    };
    await Promise.all(this.#paths.map(remove));
  }

  protected newPath(): string {
    const path = `.coatcheck-probe/${randomUUID()}`;
    this.#paths.push(path);
    return path;
  }

  protected call(operation: string, path: string, condition?: DriverCall["condition"]): DriverCall {
    return { details: { operation, store: this.#store, path }, signal: this.#signal, condition };
  }

  protected stat(path: string): Promise<ObjectInfo | undefined> {
    return this.#target.stat(path, this.call("stat", path));
  }
}
