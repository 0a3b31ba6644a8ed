import type { Packed } from "./packed.js";

/**
 * Sends packed messages. If the send certainly failed, their objects are deleted. If the messages may have arrived,
 * for example after a timeout, all objects are kept.
 *
 * @param wasRefused says whether a failure means that nothing arrived
 */
export async function sendOrDiscard<T>(
  packed: readonly Pick<Packed, "discard">[],
  send: () => Promise<T>,
  wasRefused: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (wasRefused(error)) await discardAll(packed);
    throw error;
  }
}

/**
 * Discards packed messages that are not sent. Objects that can't be deleted now end by age. Errors of the deletion
 * are dropped, since the caller reports the earlier failure.
 */
export async function discardAll(packed: readonly Pick<Packed, "discard">[]): Promise<void> {
  for (const one of packed) await one.discard().catch(() => undefined);
}
