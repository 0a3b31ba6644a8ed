import type { ObjectInfo, WriteOptions } from "../../store.js";
import type { ReplicaCall } from "../replicas/ask-replicas.js";
import type { Attempt } from "../replicas/attempt.js";
import type { HeldBody } from "../replicas/held-body.js";
import { changeAll, type ChangeLog, type ReplicatedWriteInfo } from "./change-all.js";
import { FanOut } from "./fan-out.js";

/**
 * Writes one body to every store. A stream is read once. The fastest store is ahead of the slowest by about
 * `window` bytes.
 */
export async function writeCopies(
  path: string,
  body: HeldBody,
  options: WriteOptions,
  { needed, window }: { needed: number; window: number },
  call: ReplicaCall,
  log: ChangeLog,
): Promise<ReplicatedWriteInfo> {
  const fan = body.bytes === undefined ? new FanOut(body.chunks(), log.replicas.length, window) : undefined;
  return changeAll(
    {
      path,
      needed,
      apply: async ({ store, index }, attempt): Promise<ObjectInfo> => {
        try {
          const content = body.bytes ?? branchOf(fan!, index, attempt);
          return await attempt.wait(store.write(path, content, { ...options, signal: attempt.signal }));
        } finally {
          fan?.leave(index);
        }
      },
      failure: () => body.failure,
      ended: () => body.close(),
    },
    call,
    log,
  );
}

// A store has the time of an attempt for each chunk. The time that it waits for the source, or for other stores, does
// not count.
async function* branchOf(fan: FanOut, reader: number, attempt: Attempt): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    attempt.stop();
    const chunk = await fan.next(reader);
    attempt.start();
    if (chunk === undefined) return;
    yield chunk;
  }
}
