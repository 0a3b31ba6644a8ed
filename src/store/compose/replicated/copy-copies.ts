import type { Capability } from "../../capability.js";
import { isStorageError } from "../../../error.js";
import type { ObjectInfo } from "../../store.js";
import type { ReplicaCall } from "../replicas/ask-replicas.js";
import type { Attempt } from "../replicas/attempt.js";
import type { Course, ReplicaReader } from "../replicas/replica-reader.js";
import type { Replica } from "../replicas/replica.js";
import { changeAll, type ChangeLog, type ReplicatedWriteInfo } from "./change-all.js";

/** Where a store that does not have the object gets it from. */
export interface CopySource {
  readonly reader: ReplicaReader;
  readonly courseOf: () => Course;
  /** Of all stores. */
  readonly capability: Readonly<Capability>;
}

/** Copies an object inside every store. A store without it, or with an old version of it, gets it from the others. */
export async function copyCopies(
  from: string,
  to: string,
  source: CopySource,
  needed: number,
  call: ReplicaCall,
  log: ChangeLog,
): Promise<ReplicatedWriteInfo> {
  const apply = async (replica: Replica, attempt: Attempt, own: ReplicaCall): Promise<ObjectInfo> => {
    if (!log.missed.has(from, replica)) {
      try {
        return await attempt.wait(replica.store.copy(from, to, { signal: attempt.signal }));
      } catch (error) {
        if (!isStorageError(error, "NOT_FOUND")) throw error;
      }
    }
    return copyFromOthers(replica, from, to, source, attempt, own);
  };
  return changeAll({ path: to, paths: [from, to], needed, apply }, call, log);
}

async function copyFromOthers(
  { store }: Replica,
  from: string,
  to: string,
  { reader, courseOf, capability }: CopySource,
  attempt: Attempt,
  { details }: ReplicaCall,
): Promise<ObjectInfo> {
  attempt.pause(); // reading has attempts of its own
  const result = await reader.read(courseOf(), from, { signal: attempt.signal }, details);
  try {
    const { size, contentType, metadata } = result.info;
    const options = {
      size,
      ...(capability.contentType && contentType !== undefined && { contentType }),
      ...(capability.metadata && metadata !== undefined && { metadata }),
    };
    return await attempt.wait(store.write(to, result, { ...options, signal: attempt.signal }));
  } finally {
    await result.cancel();
  }
}
