import type {
  BatchResultErrorEntry,
  SendMessageBatchRequestEntry as Entry,
  SendMessageBatchResultEntry,
} from "@aws-sdk/client-sqs";
import { forEachConcurrent } from "../../async/concurrency.js";
import { countedAttributes } from "../amazon/attributes.js";
import type { PackedInput } from "../amazon/pack-input.js";
import { wasRefused } from "../amazon/sending.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import { discardAll } from "../messages/send-or-discard.js";

/** Result of one batch, or of several. */
export interface BatchResult {
  Successful: SendMessageBatchResultEntry[] | undefined;
  Failed: BatchResultErrorEntry[] | undefined;
}

/** Settings to pack and send the entries of one call. */
export interface BatchSending {
  readonly offloader: MessageOffloader;
  readonly signal: AbortSignal | undefined;
  /** Whether no entry may overtake a failed one. */
  readonly isOrdered: boolean;
  readonly pack: (entry: Entry) => Promise<PackedInput<Entry>>;
  readonly send: (entries: Entry[]) => Promise<BatchResult>;
}

// Most large bodies in memory at a time.
const PACKED_AT_A_TIME = 8;
const NEVER = new AbortController().signal;

/** Packs all entries, then sends them batch by batch. */
export async function sendInBatches(
  entries: readonly Entry[],
  { offloader, signal, isOrdered, pack, send }: BatchSending,
): Promise<BatchResult> {
  const ready = await packAll(entries, pack, signal);
  const result = { Successful: [] as SendMessageBatchResultEntry[], Failed: [] as BatchResultErrorEntry[] };
  const wire = ({ input }: PackedInput<Entry>) => ({
    body: input.MessageBody ?? "",
    attributes: countedAttributes(input.MessageAttributes),
  });
  let stopped: unknown;
  for (const batch of offloader.batches(ready, wire)) {
    if (stopped !== undefined) {
      await discard(batch);
      result.Failed.push(...batch.map((each) => failed(each, stopped)));
      continue;
    }
    try {
      const { Successful = [], Failed = [] } = await send(batch.map(({ input }) => input));
      result.Successful.push(...Successful);
      result.Failed.push(...Failed);
      const refused = new Set(Failed.filter(({ SenderFault }) => SenderFault === true).map(({ Id }) => Id));
      await discard(batch.filter(({ input }) => refused.has(input.Id)));
    } catch (error) {
      if (wasRefused(error)) await discard(batch);
      if (result.Successful.length + result.Failed.length === 0) {
        await discard(ready.filter((each) => !batch.includes(each)));
        throw error;
      }
      result.Failed.push(...batch.map((each) => failed(each, error)));
      if (isOrdered) stopped = error;
    }
  }
  return result;
}

/** Packs all entries, in their order. If an entry can't be packed, the objects of the others are deleted. */
async function packAll(
  entries: readonly Entry[],
  pack: BatchSending["pack"],
  signal: AbortSignal = NEVER,
): Promise<PackedInput<Entry>[]> {
  const ready: PackedInput<Entry>[] = [];
  try {
    await forEachConcurrent([...entries.keys()], PACKED_AT_A_TIME, signal, async (index) => {
      ready[index] = await pack(entries[index]!);
    });
    return ready;
  } catch (error) {
    await discard(Object.values(ready)); // some may be missing
    throw error;
  }
}

function discard(batch: readonly PackedInput<Entry>[]): Promise<void> {
  return discardAll(batch.map(({ packed }) => packed));
}

function failed({ input }: PackedInput<Entry>, error: unknown): BatchResultErrorEntry {
  const { name = "Error", message } = error as Partial<Error>;
  return { Id: input.Id, SenderFault: wasRefused(error), Code: name, Message: message };
}
