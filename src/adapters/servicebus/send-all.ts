import type { ServiceBusMessage, ServiceBusMessageBatch, ServiceBusSender } from "@azure/service-bus";
import type { Packed } from "../messages/packed.js";
import { discardAll, sendOrDiscard } from "../messages/send-or-discard.js";

/** A message that is ready to be sent, and the packed message if objects were stored. */
export interface PackedMessage {
  readonly message: ServiceBusMessage;
  readonly packed?: Packed;
}

/**
 * Sends messages in their order, in as few batches as the sender allows. The caller has already made the first batch.
 */
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
      await flush(message, 1); // the send itself reports the problem
    }
    if (batch.count > 0) await flush(batch, batch.count);
  } catch (error) {
    await discardAll(packedOf(ready.slice(sent))); // there was no request for these
    throw error;
  }
}

export function packedOf(ready: readonly PackedMessage[]): Packed[] {
  return ready.flatMap(({ packed }) => packed ?? []);
}

/**
 * Says whether a failure means that certainly nothing was accepted. Either the message was too large, or the client
 * did not recognise a message. After any other failure, an earlier attempt may have arrived without an answer. The
 * client retries, and reports only the last attempt.
 */
function wasRefused(error: unknown): boolean {
  return error instanceof TypeError || (error as { code?: unknown } | null)?.code === "MessageSizeExceeded";
}
