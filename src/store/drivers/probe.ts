import { randomUUID } from "node:crypto";
import { isStorageError } from "../../errors/error.js";
import type { CallOptions, ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import type { ServiceErrors } from "./service-errors.js";
import type { ServiceFailure } from "./service-failure.js";

/**
 * How a request under a condition ended: it was done; refused for its condition, or since another one was at it; refused
 * because the server does not know the condition.
 */
export type Outcome = "done" | "refused" | "conflict" | "unsupported";

/**
 * How a request ended. What says nothing of the server's abilities (denied, unavailable, ...) is thrown on.
 *
 * @param isConflict whether another request was at the same object, so that the server decided neither way
 */
export async function outcomeOf<Failure extends ServiceFailure>(
  request: Promise<unknown>,
  errors: ServiceErrors<Failure>,
  isConflict: (error: unknown) => boolean = () => false,
): Promise<Outcome> {
  try {
    await request;
    return "done";
  } catch (error) {
    if (isStorageError(error, "ALREADY_EXISTS") || isStorageError(error, "PRECONDITION_FAILED")) return "refused";
    if (isConflict(error)) return "conflict";
    if (isStorageError(error, "UNSUPPORTED") || errors.httpStatusOf(error) === 400) return "unsupported";
    throw error;
  }
}

/** What a probe needs of the driver whose server it tries out. */
export interface ProbeTarget {
  stat(path: string, call: DriverCall): Promise<ObjectInfo | undefined>;
  remove(path: string, call: DriverCall): Promise<unknown>;
}

/** Objects with which a server is tried out, under `.coatcheck-probe/`. */
export abstract class Probe {
  readonly #signal: AbortSignal | undefined;
  readonly #paths: string[] = [];

  protected constructor(
    private readonly store: string,
    { signal }: CallOptions,
    private readonly target: ProbeTarget,
  ) {
    this.#signal = signal;
  }

  /** Finds something out, and deletes what was written for it. */
  async finding<T>(find: () => Promise<T>): Promise<T> {
    return find().finally(() => this.#cleanUp());
  }

  async #cleanUp(): Promise<void> {
    const remove = async (path: string): Promise<void> => {
      // A caller that gave up still gets its bucket back clean.
      const { details } = this.call("delete", path);
      await this.target.remove(path, { details }).catch(() => undefined);
    };
    await Promise.all(this.#paths.map(remove));
  }

  protected newPath(): string {
    const path = `.coatcheck-probe/${randomUUID()}`;
    this.#paths.push(path);
    return path;
  }

  protected call(operation: string, path: string, condition?: DriverCall["condition"]): DriverCall {
    return { details: { operation, store: this.store, path }, signal: this.#signal, condition };
  }

  protected stat(path: string): Promise<ObjectInfo | undefined> {
    return this.target.stat(path, this.call("stat", path));
  }
}
