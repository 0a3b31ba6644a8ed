import { throwIfAborted } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { isStorageError } from "../../../errors/error.js";
import type { Observers } from "../../../observe/observer.js";
import { tell } from "../../../observe/tell.js";
import { Attempt, type AttemptLimits } from "./attempt.js";
import { type ReplicaFailure } from "./replica-errors.js";
import { asStorageError } from "../../../errors/as-storage-error.js";
import type { Replica } from "./replica.js";

/** One call, and what is needed to ask copies for it. */
export interface ReplicaCall {
  readonly details: CallDetails;
  /** The signal of the caller. */
  readonly signal: AbortSignal | undefined;
  readonly limits: AttemptLimits;
  readonly observer: Observers | undefined;
}

/** Copies that are asked together: one after the other, or several at a time. */
export interface Round {
  readonly replicas: readonly Replica[];
  readonly parallelism: number;
}

/** Asks one copy. When it succeeds, it also sees to the end of the attempt. */
export type AskCopy<T> = (replica: Replica, attempt: Attempt) => Promise<T>;

/** The result of asking: the first good answer, if there was one, and what the other copies said until then. */
export interface Answer<T> {
  readonly winner: { readonly replica: Replica; readonly value: T; readonly round: Round } | undefined;
  readonly failures: readonly ReplicaFailure[];
}

/**
 * Asks copies, round after round, until one succeeds. Then no further copy is asked, and copies that are still being
 * asked are given up. Their attempts end at once. If they still answer, the answer is given to `discard`.
 *
 * @throws {StorageError} `ABORTED` when the caller gives up
 */
export async function askReplicas<T>(
  rounds: readonly Round[],
  call: ReplicaCall,
  ask: AskCopy<T>,
  discard: (late: T) => unknown,
): Promise<Answer<T>> {
  const failures: ReplicaFailure[] = [];
  for (const round of rounds) {
    const winner = await askRound(round, call, ask, discard, failures);
    if (winner !== undefined) return { winner: { ...winner, round }, failures };
  }
  return { winner: undefined, failures };
}

async function askRound<T>(
  { replicas, parallelism }: Round,
  call: ReplicaCall,
  ask: AskCopy<T>,
  discard: (late: T) => unknown,
  failures: ReplicaFailure[],
): Promise<{ replica: Replica; value: T } | undefined> {
  const queue = replicas.values();
  const asking = new Set<Attempt>();
  let winner: { replica: Replica; value: T } | undefined;

  const askOne = async (replica: Replica): Promise<void> => {
    const attempt = beginAttempt(replica, call);
    asking.add(attempt);
    try {
      const value = await ask(replica, attempt);
      if (winner !== undefined) {
        discard(value);
        return;
      }
      winner = { replica, value };
      asking.delete(attempt);
      for (const loser of asking) loser.abort(new Error("Another copy has answered."));
    } catch (error) {
      attempt.end();
      throwIfAborted(call.signal, call.details);
      if (winner !== undefined) return;
      failures.push(failureOf(replica, error, call));
    } finally {
      asking.delete(attempt);
    }
  };
  const askOn = async (): Promise<void> => {
    for (const replica of queue) {
      if (winner !== undefined) return;
      throwIfAborted(call.signal, call.details);
      await askOne(replica);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallelism, replicas.length) }, askOn));
  return winner;
}

/** An attempt on one copy, whose errors name its store. */
export function beginAttempt(replica: Replica, { signal, limits, details }: ReplicaCall): Attempt {
  return new Attempt(signal, limits, { ...details, store: replica.store.name });
}

/**
 * Makes one attempt on a copy, and ends it with the work.
 *
 * @throws {StorageError} `ABORTED` if the caller has given up by then
 */
export async function withAttempt<T>(
  replica: Replica,
  call: ReplicaCall,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  throwIfAborted(call.signal, call.details);
  const attempt = beginAttempt(replica, call);
  try {
    return await work(attempt);
  } finally {
    attempt.end();
  }
}

/** Notes what a copy said, and tells the observer. A copy over its usage limit was skipped, and has not failed. */
export function failureOf(replica: Replica, thrown: unknown, { details, observer }: ReplicaCall): ReplicaFailure {
  const error = asStorageError(thrown, { ...details, store: replica.store.name });
  const news = { replica: replica.name, during: details.operation, code: error.code };
  if (isStorageError(error, "USAGE_LIMIT")) tell(observer, "replica_skip", details.store, news);
  else if (!isStorageError(error, "NOT_FOUND")) {
    tell(observer, "replica_failure", details.store, { ...news, outcome: "error" });
  }
  return { replica, error };
}
