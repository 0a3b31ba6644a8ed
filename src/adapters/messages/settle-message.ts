import { StorageError } from "../../errors/error.js";
import { splitLabelledPath } from "../../object/expiry-label.js";
import { parseLocation } from "../../reference/location.js";
import type { BubustackReference, StorageReference } from "../../reference/reference.js";
import { referencesIn } from "../../reference/references-in.js";
import { readEnvelope, type Envelope } from "./envelope.js";
import type { OffloaderSettings, SettleOptions } from "./options.js";
import type { Wire } from "./wire.js";

/**
 * Deletes what a message leads to, as its retention says.
 *
 * @param message as it was received, still packed
 * @param channel the scope of the channel
 * @throws {StorageError} `CONFIG_INVALID` where it is not said who has acknowledged; as `release` and `done` do
 */
export async function settleMessage(
  message: Wire,
  channel: string,
  { manager, retention, consumer: own }: OffloaderSettings,
  { signal, consumer = own }: SettleOptions,
): Promise<{ deleted: number }> {
  const envelope = readEnvelope(message.body);
  const { consumers } = envelope.head;
  // A sender that shares objects, or lets them end by age, deletes nothing; nor does a reader that was not told to.
  const acts = consumers === undefined ? retention === "settle" : consumer !== undefined || retention !== "expire";
  const owned = acts ? ownScope(envelope, channel) : undefined;
  if (owned === undefined) return { deleted: 0 };
  // Signatures are checked by it, without I/O: whoever can write to the queue must not choose what is deleted.
  manager.plan(owned.reference, { references: "pass" });
  if (consumers === undefined) return manager.release(owned.scope, signalOf(signal));
  if (consumer === undefined) throw whoIsThis(consumers);
  // Nobody waits for a consumer that was added after the message was sent.
  if (!consumers.includes(consumer)) return { deleted: 0 };
  const { deleted } = await manager.done(owned.scope, consumer, { readers: consumers, ...signalOf(signal) });
  return { deleted };
}

/** The scope that `pack` made for this message, in this channel, as a reference in the message shows. */
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
