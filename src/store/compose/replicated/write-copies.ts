import { abortable, throwIfAborted } from "../../../async/abort.js";
import { LinkedAbort } from "../../../async/linked-abort.js";
import type { Chunks, ObjectInfo, WriteOptions } from "../../store.js";
import { StorageError } from "../../../errors/error.js";
import { failureOf, withAttempt, type ReplicaCall } from "../replicas/ask-replicas.js";
import type { Attempt } from "../replicas/attempt.js";
import type { HeldBody } from "../replicas/held-body.js";
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
import { FanOut } from "./fan-out.js";
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

/** What the changes of one composed store share. */
export interface ChangeLog {
  readonly replicas: readonly Replica[];
  /** How many stores must take a write. */
  readonly needed: number;
  /** Bytes of a stream by which the fastest store may be ahead of the slowest. */
  readonly window: number;
  readonly order: PathOrder;
  readonly missed: MissedWrites;
  /** Changes that have not ended, even if they were acknowledged. */
  readonly background: BackgroundChanges;
}

/**
 * Writes one body to every store at once, and acknowledges it as soon as enough have taken it. A stream is read once.
 * After the acknowledgement, neither the caller's signal nor a failure changes the answer, and the other stores go on
 * in the background. If too few stores can take the body, it waits for all of them and says what each one did.
 */
export async function writeCopies(
  path: string,
  body: HeldBody,
  options: WriteOptions,
  call: ReplicaCall,
  { replicas, needed, window, order, missed, background }: ChangeLog,
): Promise<ReplicatedWriteInfo> {
  const fan = body.bytes === undefined ? new FanOut(body.chunks(), replicas.length, window) : undefined;
  const abort = new LinkedAbort(call.signal);
  const own = { ...call, signal: abort.signal };
  const write = missed.begin(path, replicas);
  const outcomes = new Map<Replica, ReplicaOutcome>(replicas.map((replica) => [replica, "pending"]));
  const failures: ReplicaFailure[] = [];
  const infos = new Map<Replica, ObjectInfo>();
  let acknowledge: () => void = () => undefined;
  const acknowledged = new Promise<void>((resolve) => (acknowledge = resolve));

  const writeTo = async ({ store, index }: Replica, attempt: Attempt): Promise<ObjectInfo> => {
    try {
      const content = body.bytes ?? branchOf(fan!, index, attempt);
      return await attempt.wait(store.write(path, content, { ...options, signal: attempt.signal }));
    } finally {
      fan?.leave(index);
    }
  };
  const writeOne = async (replica: Replica): Promise<void> => {
    try {
      const info = await order.run([replica], path, () =>
        withAttempt(replica, own, (attempt) => writeTo(replica, attempt)),
      );
      infos.set(replica, describeCopy(info).info);
      outcomes.set(replica, "written");
      missed.taken(write, replica);
      if (infos.size === needed) acknowledge();
    } catch (error) {
      // An abort by the caller is no failure of the store.
      const failure = call.signal?.aborted && abort.signal.aborted ? undefined : failureOf(replica, error, call);
      if (failure === undefined) return;
      outcomes.set(replica, failure.error.code);
      failures.push(failure);
    }
  };
  const parts = replicas.map(writeOne);
  for (const [index, part] of parts.entries()) background.add(part, replicas[index]);
  const writes = Promise.all(parts).then(() => body.close());
  background.add(writes);
  try {
    await abortable(Promise.race([acknowledged, writes]), call.signal, call.details);
  } catch (error) {
    void writes.catch(() => undefined).finally(() => missed.end(write));
    throw error;
  }
  // A write that enough stores have taken is acknowledged, even if the caller gave up at the same moment.
  if (infos.size < needed) {
    missed.end(write);
    throwIfAborted(call.signal, call.details);
  }
  abort.unlink();
  const record = Object.fromEntries(replicas.map((replica) => [replica.name, outcomes.get(replica)!] as const));
  if (infos.size < needed) {
    await writes;
    throw body.failure ?? tooFew(needed, replicas, failures, record, call);
  }
  missed.acknowledge(write);
  missed.end(write);
  const first = replicas.find((replica) => infos.has(replica))!;
  return { ...infos.get(first)!, path, replicas: record };
}

// A store has the time of an attempt for each chunk. The time that it waits for the source, or for other stores, does
// not count.
async function* branchOf(fan: FanOut, reader: number, attempt: Attempt): Chunks {
  for (;;) {
    attempt.stop();
    const chunk = await fan.next(reader);
    attempt.start();
    if (chunk === undefined) return;
    yield chunk;
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
