import { throwIfAborted } from "../../../async/abort.js";
import type { ObjectInfo, WriteOptions } from "../../store.js";
import { failureOf, withAttempt, type ReplicaCall } from "../replicas/ask-replicas.js";
import type { HeldBody } from "../replicas/held-body.js";
import { describeCopy } from "../replicas/known-digest.js";
import { answerOf, decidesCall, asErrorOfCall, type ReplicaFailure } from "../replicas/replica-errors.js";
import type { Replica } from "../replicas/replica.js";

/** What was written, and where. */
export interface FailoverWriteInfo extends ObjectInfo {
  /** Name of the store that took the object. */
  replica: string;
}

/**
 * Writes to the first store that takes the object. A fault of the call or the body is the answer, and so is a
 * condition that does not hold. Any other failure moves on to the next store, as long as the body can be read again.
 */
export async function writeFirst(
  replicas: readonly Replica[],
  path: string,
  body: HeldBody,
  options: WriteOptions,
  call: ReplicaCall,
): Promise<FailoverWriteInfo> {
  const failures: ReplicaFailure[] = [];
  for (const replica of replicas) {
    try {
      const info = await withAttempt(replica, call, (attempt) => {
        // A stream takes as long as its source does.
        if (body.bytes === undefined) attempt.stop();
        const content = body.bytes ?? body.chunks();
        return attempt.wait(replica.store.write(path, content, { ...options, signal: attempt.signal }));
      });
      return { ...describeCopy(info).info, path, replica: replica.name };
    } catch (error) {
      throwIfAborted(call.signal, call.details);
      if (body.failure !== undefined) throw body.failure;
      const failure = failureOf(replica, error, call);
      const { code } = failure.error;
      if (decidesCall(code) || (!body.replayable && (code === "INTEGRITY" || code === "LIMIT_EXCEEDED"))) {
        throw asErrorOfCall(failure.error, call.details);
      }
      failures.push(failure);
      if (!body.replayable) break;
    }
  }
  throw answerOf(failures, call.details);
}
