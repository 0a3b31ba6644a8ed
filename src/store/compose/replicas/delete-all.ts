import { throwIfAborted } from "../../../async/abort.js";
import type { DeleteOptions } from "../../store.js";
import { failureOf, withAttempt, type ReplicaCall } from "./ask-replicas.js";
import { answerOfSome, type ReplicaFailure } from "./replica-errors.js";
import type { Replica } from "./replica.js";

/**
 * Deletes an object from every store at once, and waits for all answers. A copy that stays would bring the object
 * back, so one failure fails the call. It is safe to delete again.
 *
 * @param inTurn runs the change of one store when its turn comes; default: at once
 * @throws {StorageError} `UNAVAILABLE`, see {@link answerOfSome}
 */
export async function deleteAll(
  replicas: readonly Replica[],
  path: string,
  options: DeleteOptions,
  call: ReplicaCall,
  inTurn: <T>(replica: Replica, change: () => Promise<T>) => Promise<T> = (_, change) => change(),
): Promise<void> {
  const failures: ReplicaFailure[] = [];
  const attemptOne = (replica: Replica): Promise<void> =>
    withAttempt(replica, call, (attempt) =>
      attempt.wait(replica.store.delete(path, { ...options, signal: attempt.signal })),
    );
  const deleteOne = async (replica: Replica): Promise<void> => {
    try {
      await inTurn(replica, () => attemptOne(replica));
    } catch (error) {
      throwIfAborted(call.signal, call.details);
      const failure = failureOf(replica, error, call);
      // A store that answers a delete with `NOT_FOUND` has nothing there.
      if (failure.error.code !== "NOT_FOUND") failures.push(failure);
    }
  };
  await Promise.all(replicas.map(deleteOne));
  if (failures.length === 0) return;
  const only = replicas.length === 1 ? failures[0]!.error : undefined;
  if (only?.code === "PRECONDITION_FAILED") throw only;
  throw answerOfSome(failures, replicas.length, "Not every store deleted the object", call.details);
}
