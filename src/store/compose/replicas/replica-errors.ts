import { restated } from "../../../errors/as-storage-error.js";
import { StorageError, type StorageErrorCode, type StorageErrorDetails } from "../../../errors/error.js";
import { INSPECT, SHOWS_ITSELF, shownError } from "../../../errors/error-inspection.js";
import type { Replica } from "./replica.js";

/** Why one copy did not do what it was asked for. */
export interface ReplicaFailure {
  readonly replica: Pick<Replica, "name" | "index">;
  readonly error: StorageError;
}

/** The outcome of one copy: the code of its error, or what a write did there. */
export type ReplicaOutcome = "written" | "pending" | StorageErrorCode;

/**
 * The `cause` of an error that several copies had a part in. `errors` holds what each copy said, in the order of the
 * stores, whichever answered first.
 *
 * @example
 * if (isStorageError(error, "UNAVAILABLE") && error.cause instanceof ReplicaErrors) {
 *   console.error(error.cause.replicas); // { eu: "TIMEOUT", us: "NOT_FOUND" }
 * }
 */
export class ReplicaErrors extends AggregateError {
  declare readonly errors: StorageError[];
  /** The outcome of each copy, by its name. */
  readonly replicas: Readonly<Record<string, ReplicaOutcome>>;
  /** The errors by the name of the copy. */
  readonly byReplica: ReadonlyMap<string, StorageError>;

  /** @param replicas the outcome of each copy, if there is more to tell than the failures */
  constructor(failures: readonly ReplicaFailure[], replicas?: Readonly<Record<string, ReplicaOutcome>>) {
    super(
      failures.map(({ error }) => error),
      "Not every copy did what was asked.",
    );
    this.byReplica = new Map(failures.map(({ replica, error }) => [replica.name, error]));
    this.replicas =
      replicas ?? Object.fromEntries(failures.map(({ replica, error }) => [replica.name, error.code] as const));
  }

  /** What `util.inspect` shows. */
  [INSPECT](): Error {
    return shownError(this, { replicas: this.replicas });
  }

  static {
    Object.defineProperty(this.prototype, SHOWS_ITSELF, { value: true });
    Object.defineProperty(this.prototype, "name", { value: "ReplicaErrors", writable: true, configurable: true });
  }
}

// These codes say that the call is wrong, and not the copy that answers with them.
const BAD_CALL: ReadonlySet<StorageErrorCode> = new Set(["INVALID_PATH", "UNSUPPORTED", "CONFIG_INVALID"]);

/**
 * Whether the code decides the call, so that no other copy need be asked. It says that the call is wrong, or it is
 * the answer.
 */
export function decidesCall(code: StorageErrorCode): boolean {
  return BAD_CALL.has(code) || code === "ALREADY_EXISTS" || code === "PRECONDITION_FAILED";
}

/**
 * Returns the answer to a call that no copy could answer well. It depends on what every copy said, and not on their
 * order. It is `NOT_FOUND` if every copy said so, or if there was none to ask. It is `USAGE_LIMIT` if every copy was
 * skipped for its limits. It is a fault of the call if every copy found the same fault. Otherwise it is
 * `UNAVAILABLE`: a copy that was skipped or that failed may hold the object, so one such copy leaves the answer open.
 */
export function answerOf(failures: readonly ReplicaFailure[], details: StorageErrorDetails): StorageError {
  const sorted = inOrder(failures);
  const codes = new Set(sorted.map(({ error }) => error.code));
  if (codes.size === 0) return new StorageError("NOT_FOUND", "There is no copy of such an object.", details);
  const cause = new ReplicaErrors(sorted);
  const [code] = codes;
  if (codes.size === 1 && code === "NOT_FOUND") {
    return new StorageError("NOT_FOUND", "No copy holds such an object.", { ...details, cause });
  }
  if (codes.size === 1 && code === "USAGE_LIMIT") {
    return new StorageError("USAGE_LIMIT", "Every copy was skipped for its usage limit.", { ...details, cause });
  }
  if (codes.size === 1 && code !== undefined && BAD_CALL.has(code)) return asErrorOfCall(sorted[0]!.error, details);
  return unavailable("No copy could answer", sorted, cause, details);
}

/** Returns the answer to a call that needs every one of `all` copies, when these failed. */
export function answerOfSome(
  failures: readonly ReplicaFailure[],
  all: number,
  what: string,
  details: StorageErrorDetails,
): StorageError {
  if (failures.length === all) return answerOf(failures, details);
  const sorted = inOrder(failures);
  return unavailable(what, sorted, new ReplicaErrors(sorted), details);
}

/** Sorts failures into the order of the stores, whichever answered first. */
export function inOrder(failures: readonly ReplicaFailure[]): ReplicaFailure[] {
  return [...failures].sort((a, b) => a.replica.index - b.replica.index);
}

/** Returns the `UNAVAILABLE` of a call that fails because of what these copies said. */
export function unavailable(
  what: string,
  failures: readonly ReplicaFailure[],
  cause: unknown,
  details: StorageErrorDetails,
): StorageError {
  const said = failures.map(({ replica, error }) => `${replica.name} ${error.code}`).join(", ");
  // Nobody knows what an UNEXPECTED was, so a retry may help. No other code that is not retryable becomes retryable
  // here.
  const retryable = failures.some(({ error }) => error.retryable || error.code === "UNEXPECTED");
  return new StorageError("UNAVAILABLE", `${what}: ${said}.`, { ...details, cause, retryable });
}

/**
 * Returns the error of a store as an error of the caller's operation. For example, a copy that reads and writes stays
 * a copy.
 */
export function asErrorOfCall(error: StorageError, details: StorageErrorDetails): StorageError {
  if (error.operation === details.operation && error.path === details.path) return error;
  return restated(error, { ...details, store: error.store ?? details.store, cause: error });
}
