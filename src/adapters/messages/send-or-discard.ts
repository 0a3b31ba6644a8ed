import type { Packed } from "./packed.js";

/**
 * Sends what was packed. When the send surely failed, nothing is left of it; when the messages may have arrived, as after a
 * timeout, all is kept.
 *
 * @param wasRefused whether a failure says that surely nothing arrived
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

/** Discards what was packed and is not sent. What can't be deleted now ends by age: the failure that led here is the one to tell. */
export async function discardAll(packed: readonly Pick<Packed, "discard">[]): Promise<void> {
  for (const one of packed) await one.discard().catch(() => undefined);
}
