import { notificationIn } from "../amazon/notification.js";
import { isEnvelope, isPackedValue, valueWithKey } from "./envelope.js";
import type { Wire } from "./wire.js";

/*
 * Data that readers would take for a packed message though it was not packed. Most look at the first bytes of a body. Some brokers
 * and clients hand over what they have made of it.
 */

/** Whether a message has to be packed for its looks, whatever its size. */
export function isMistakable(
  message: Wire,
  rules: { readonly isMistakable?: ((message: Wire) => boolean) | undefined },
): boolean {
  return isEnvelope(message.body) || rules.isMistakable?.(message) === true;
}

/** Where readers are given the value of the JSON, whose keys may come in another order. */
export function isPackedAsValue({ body }: Wire): boolean {
  return isPackedValue(valueWithKey(body));
}

/** Where some clients give the value of the JSON, in its order. */
export function isPackedAsRewritten({ body }: Wire): boolean {
  const value = valueWithKey(body);
  return isPackedValue(value) && isEnvelope(JSON.stringify(value));
}

/** Where the message of a notification of SNS is opened in place of the notification. */
export function isPackedInNotification({ body }: Wire): boolean {
  const notification = typeof body === "string" ? notificationIn(body) : undefined;
  return notification !== undefined && isEnvelope(notification.Message);
}
