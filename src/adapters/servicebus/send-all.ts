import type { ServiceBusMessage, ServiceBusMessageBatch, ServiceBusSender } from "@azure/service-bus";
import type { Packed } from "../messages/packed.js";
import { discardAll, sendOrDiscard } from "../messages/send-or-discard.js";

/** A message that is ready to be sent, and what was stored for it, if anything was. */
export interface PackedMessage {
  readonly message: ServiceBusMessage;
  readonly packed?: Packed;
}

/** Sends messages in as few batches as the sender takes, in their order, of which the first was made already. */
export async function sendAll(
  sender: ServiceBusSender,
  ready: readonly PackedMessage[],
  first: ServiceBusMessageBatch,
): Promise<void> {
  let batch = first;
  let sent = 0;
  const flush = (what: ServiceBusMessageBatch | ServiceBusMessage, count: number): Promise<void> => {
    const group = ready.slice(sent, sent + count);
    sent += count;
    return sendOrDiscard(packedOf(group), () => sender.sendMessages(what), wasRefused);
  };
  try {
    for (const { message } of ready) {
      if (batch.tryAddMessage(message)) continue;
      if (batch.count > 0) {
        await flush(batch, batch.count);
        batch = await sender.createMessageBatch();
        if (batch.tryAddMessage(message)) continue;
      }
      await flush(message, 1); // says itself what is wrong with it
    }
    if (batch.count > 0) await flush(batch, batch.count);
  } catch (error) {
    await discardAll(packedOf(ready.slice(sent))); // no request was made for these
    throw error;
  }
}

export function packedOf(ready: readonly PackedMessage[]): Packed[] {
  return ready.flatMap(({ packed }) => packed ?? []);
}

/**
 * Whether surely nothing was taken: for its size, or since the client did not take it for a message. After anything else the
 * client may have sent it before, without an answer: it tries several times, and tells of the last.
 */
function wasRefused(error: unknown): boolean {
  return error instanceof TypeError || (error as { code?: unknown } | null)?.code === "MessageSizeExceeded";
}
