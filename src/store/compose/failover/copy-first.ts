import { throwIfAborted } from "../../../async/abort.js";
import { beginAttempt, failureOf, type ReplicaCall } from "../replicas/ask-replicas.js";
import { describeCopy } from "../replicas/known-digest.js";
import type { Replica } from "../replicas/replica.js";
import type { FailoverWriteInfo } from "./write-first.js";

/** Copies inside one store. `undefined` when it can't, or does not have the object: then others are to be asked. */
export async function copyFirst(
  replica: Replica,
  from: string,
  to: string,
  call: ReplicaCall,
): Promise<FailoverWriteInfo | undefined> {
  const attempt = beginAttempt(replica, call);
  try {
    const info = await attempt.wait(replica.store.copy(from, to, { signal: attempt.signal }));
    return { ...describeCopy(info).info, path: to, replica: replica.name };
  } catch (error) {
    throwIfAborted(call.signal, call.details);
    failureOf(replica, error, call);
    return undefined;
  } finally {
    attempt.end();
  }
}
