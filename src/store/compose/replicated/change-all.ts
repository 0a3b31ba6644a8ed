import { abortable, throwIfAborted } from "../../../async/abort.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import type { ObjectInfo } from "../../store.js";
import { StorageError } from "../../../errors/error.js";
import { beginAttempt, failureOf, type ReplicaCall } from "../replicas/ask-replicas.js";
import type { Attempt } from "../replicas/attempt.js";
import { describeCopy } from "../replicas/known-digest.js";
import {
  inOrder,
  ReplicaErrors,
  unavailable,
  type ReplicaFailure,
  type ReplicaOutcome,
} from "../replicas/replica-errors.js";
import type { Replica } from "../replicas/replica.js";
import type { BackgroundChanges } from "./background-changes.js";
import type { MissedWrites } from "./missed-writes.js";
import type { PathOrder } from "./path-order.js";

/** What was written, and where. */
export interface ReplicatedWriteInfo extends ObjectInfo {
  /**
   * The outcome of each copy by the time the write was acknowledged: `"written"`, `"pending"` (it goes on, and
   * `close()` waits for it), or the code of its error.
   */
  replicas: Record<string, ReplicaOutcome>;
}

/** A change of one object that every store is asked for. */
export interface Change {
  /** The object that is written. */
  readonly path: string;
  /** How many stores must take it. */
  readonly needed: number;
  /** Makes the change in one store. */
  apply(replica: Replica, attempt: Attempt, call: ReplicaCall): Promise<ObjectInfo>;
  /** Returns the fault of the change itself, once it is known. */
  failure?(): StorageError | undefined;
  /** Is called once no store is busy with the change any more. */
  ended?(): Promise<void>;
}

/** What the changes of one composed store share. */
export interface ChangeLog {
  readonly replicas: readonly Replica[];
  readonly order: PathOrder;
  readonly missed: MissedWrites;
  /** Changes that have not ended, even if they were acknowledged. */
  readonly background: BackgroundChanges;
}

/**
 * Asks every store at once for a change, and acknowledges it as soon as enough have made it. After that, neither the
 * caller's signal nor a failure changes the answer, and the other stores go on in the background. If too few stores
 * can make the change, it waits for all of them and says what each one did.
 */
export async function changeAll(change: Change, call: ReplicaCall, log: ChangeLog): Promise<ReplicatedWriteInfo> {
  const { replicas, missed } = log;
  const abort = new LinkedAbort(call.signal);
  const own = { ...call, signal: abort.signal };
  const write = missed.begin(change.path, replicas);
  const outcomes = new Map<Replica, ReplicaOutcome>(replicas.map((replica) => [replica, "pending"]));
  const failures: ReplicaFailure[] = [];
  const infos = new Map<Replica, ObjectInfo>();
  let acknowledge: () => void = () => undefined;
  const acknowledged = new Promise<void>((resolve) => (acknowledge = resolve));

  const changeOne = async (replica: Replica): Promise<void> => {
    try {
      const info = await log.order.run([replica], change.path, () => attemptOne(replica, change, own));
      infos.set(replica, describeCopy(info).info);
      outcomes.set(replica, "written");
      missed.taken(write, replica);
      if (infos.size === change.needed) acknowledge();
    } catch (error) {
      // An abort by the caller is no failure of the store.
      const failure = call.signal?.aborted && abort.signal.aborted ? undefined : failureOf(replica, error, call);
      if (failure === undefined) return;
      outcomes.set(replica, failure.error.code);
      failures.push(failure);
    }
  };
  const parts = replicas.map(changeOne);
  for (const [index, part] of parts.entries()) log.background.add(part, replicas[index]);
  const changes = Promise.all(parts).then(() => change.ended?.());
  log.background.add(changes);
  try {
    await abortable(Promise.race([acknowledged, changes]), call.signal, call.details);
  } catch (error) {
    void changes.catch(() => undefined).finally(() => missed.end(write));
    throw error;
  }
  // A change that enough stores have made is acknowledged, even if the caller gave up at the same moment.
  if (infos.size < change.needed) {
    missed.end(write);
    throwIfAborted(call.signal, call.details);
  }
  abort.unlink();
  const record = Object.fromEntries(replicas.map((replica) => [replica.name, outcomes.get(replica)!] as const));
  if (infos.size < change.needed) {
    await changes;
    throw change.failure?.() ?? tooFew(change.needed, replicas, failures, record, call);
  }
  missed.acknowledge(write);
  missed.end(write);
  const first = replicas.find((replica) => infos.has(replica))!;
  return { ...infos.get(first)!, path: change.path, replicas: record };
}

async function attemptOne(replica: Replica, change: Change, call: ReplicaCall): Promise<ObjectInfo> {
  throwIfAborted(call.signal, call.details);
  const attempt = beginAttempt(replica, call);
  try {
    return await change.apply(replica, attempt, call);
  } finally {
    attempt.end();
  }
}

function tooFew(
  needed: number,
  replicas: readonly Replica[],
  failures: readonly ReplicaFailure[],
  record: Readonly<Record<string, ReplicaOutcome>>,
  { details }: ReplicaCall,
): StorageError {
  const sorted = inOrder(failures);
  const cause = new ReplicaErrors(sorted, record);
  const codes = new Set(sorted.map(({ error }) => error.code));
  if (sorted.length === replicas.length && codes.size === 1) {
    const { code, retryable } = sorted[0]!.error;
    return new StorageError(code, "Every store refused it.", { ...details, cause, retryable });
  }
  return unavailable(`Fewer than the needed ${needed} of ${replicas.length} stores took it`, sorted, cause, details);
}
