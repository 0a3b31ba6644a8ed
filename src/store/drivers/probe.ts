import { randomUUID } from "node:crypto";
import { forEachConcurrent } from "../../async/concurrency.js";
import { isStorageError } from "../../errors/error.js";
import type { CallOptions, DeleteOptions, ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import type { ServiceErrors } from "./service-errors.js";
import type { ServiceFailure } from "./service-failure.js";

const DELETES_AT_ONCE = 16;

/**
 * The outcome of a request under a condition:
 * - `done`: the request succeeded.
 * - `refused`: the condition did not hold.
 * - `conflict`: another request was at the same object.
 * - `unsupported`: the server does not know the condition.
 */
export type Outcome = "done" | "refused" | "conflict" | "unsupported";

/**
 * Waits for a request and returns its outcome. Rethrows errors that show nothing about the features of the server,
 * such as a denied or unavailable request.
 *
 * @param isConflict whether another request was at the same object, so that the server made no decision
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

/** The operations of a driver that a probe needs. */
export interface ProbeDriver<Bucket> {
  readonly name: string;
  statObject(bucket: Bucket, path: string, call: DriverCall): Promise<ObjectInfo | undefined>;
  deleteObject(bucket: Bucket, path: string, options: DeleteOptions, call: DriverCall): Promise<unknown>;
}

/** Objects for tests of a server, under `.coatcheck-probe/`. */
export abstract class Probe<Bucket> {
  readonly #paths: string[] = [];

  constructor(
    private readonly driver: ProbeDriver<Bucket>,
    protected readonly bucket: Bucket,
    private readonly options: CallOptions,
  ) {}

  /** Runs a test, and deletes the objects that it wrote. */
  async finding<T>(find: () => Promise<T>): Promise<T> {
    return find().finally(() => this.#cleanUp());
  }

  async #cleanUp(): Promise<void> {
    const remove = async (path: string): Promise<void> => {
      // Without the signal, so that the bucket is also cleaned for a caller that gave up.
      const { details } = this.call("delete", path);
      await this.driver.deleteObject(this.bucket, path, {}, { details }).catch(() => undefined);
    };
    await forEachConcurrent(this.#paths, DELETES_AT_ONCE, new AbortController().signal, remove);
  }

  protected newPath(): string {
    const path = `.coatcheck-probe/${randomUUID()}`;
    this.#paths.push(path);
    return path;
  }

  protected call(operation: string, path: string, condition?: DriverCall["condition"]): DriverCall {
    return { details: { operation, store: this.driver.name, path }, signal: this.options.signal, condition };
  }

  protected stat(path: string): Promise<ObjectInfo | undefined> {
    return this.driver.statObject(this.bucket, path, this.call("stat", path));
  }
}
