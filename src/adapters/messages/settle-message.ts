import { StorageError } from "../../errors/error.js";
import { splitLabelledPath } from "../../object/expiry-label.js";
import { parseLocation } from "../../reference/location.js";
import type { BubustackReference, StorageReference } from "../../reference/reference.js";
import { referencesIn } from "../../reference/references-in.js";
import { readEnvelope, type Envelope } from "./envelope.js";
import type { OffloaderSettings, SettleOptions } from "./options.js";
import type { Wire } from "./wire.js";

/**
 * Deletes the objects of a message, as its retention says.
 *
 * @param message the message as received, still packed
 * @param channel the scope of the channel
 * @throws {StorageError} `CONFIG_INVALID` if the acknowledging consumer is unknown; as `release` and `done` do
 */
export async function settleMessage(
  message: Wire,
  channel: string,
  { manager, retention, consumer: own }: OffloaderSettings,
  { signal, consumer = own }: SettleOptions,
): Promise<{ deleted: number }> {
  const envelope = readEnvelope(message.body);
  const { consumers } = envelope.head;
  // If the sender shares objects or lets them end by age, nothing is deleted. A reader deletes only if its options
  // say so.
  const acts = consumers === undefined ? retention === "settle" : consumer !== undefined || retention !== "expire";
  const owned = acts ? ownScope(envelope, channel) : undefined;
  if (owned === undefined) return { deleted: 0 };
  // This call checks signatures, without I/O. Write access to the queue must not be enough to choose what is deleted.
  manager.plan(owned.reference, { references: "pass" });
  if (consumers === undefined) return manager.release(owned.scope, signalOf(signal));
  if (consumer === undefined) throw whoIsThis(consumers);
  // A consumer that was added after the send does not count for this message.
  if (!consumers.includes(consumer)) return { deleted: 0 };
  const { deleted } = await manager.done(owned.scope, consumer, { readers: consumers, ...signalOf(signal) });
  return { deleted };
}

/** Returns the scope that `pack` made for this message in this channel. A reference in the message must confirm it. */
function ownScope(
  { head: { id, encoding }, ticket, raw }: Envelope,
  channel: string,
): { scope: string; reference: StorageReference | BubustackReference } | undefined {
  if (id === undefined || encoding !== undefined || raw !== undefined) return undefined;
  const scope = `${channel}/${id}`;
  for (const { reference } of referencesIn(ticket)) {
    const { path } = parseLocation("$storageRef" in reference ? reference.$storageRef : reference.$bubuStorageRef);
    if (splitLabelledPath(path).directory.endsWith(`/${scope}`)) return { scope, reference };
  }
  return undefined;
}

function whoIsThis(consumers: readonly string[]): StorageError {
  return new StorageError(
    "CONFIG_INVALID",
    `The message is for ${consumers.length} consumers, and it is not said which of them has acknowledged: say consumer.`,
    { operation: "settle" },
  );
}

function signalOf(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
