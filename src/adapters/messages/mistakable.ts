import { notificationIn } from "../amazon/notification.js";
import { isEnvelope, isPackedValue, valueWithKey } from "./envelope.js";
import type { Wire } from "./wire.js";

/*
 * Data that readers would mistake for a packed message. Most readers look at the first bytes of a body. Some brokers
 * and clients parse the body first.
 */

/** Says whether a message looks packed, so that it must be packed at any size. */
export function isMistakable(
  message: Wire,
  rules: { readonly isMistakable?: ((message: Wire) => boolean) | undefined },
): boolean {
  return isEnvelope(message.body) || rules.isMistakable?.(message) === true;
}

/** Looks at a body as readers do that get its JSON parsed, with keys in any order. */
export function isPackedAsValue({ body }: Wire): boolean {
  return isPackedValue(valueWithKey(body));
}

/** Looks at a body as readers do whose client may parse the JSON and keeps the order of keys. */
export function isPackedAsRewritten({ body }: Wire): boolean {
  const value = valueWithKey(body);
  return isPackedValue(value) && isEnvelope(JSON.stringify(value));
}

/** Looks at a body as readers do that open the message inside an SNS notification. */
export function isPackedInNotification({ body }: Wire): boolean {
  const notification = typeof body === "string" ? notificationIn(body) : undefined;
  return notification !== undefined && isEnvelope(notification.Message);
}
