import type { StorageEvent } from "./event.js";
import { nodeModule } from "./node-module.js";
import { notify } from "./notify.js";

/**
 * The channel of `node:diagnostics_channel` on which every event of every manager and store of this process is
 * published. Nothing is published while nobody is subscribed.
 */
const EVENT_CHANNEL = "coatcheck:event";

const channels = nodeModule("node:diagnostics_channel");
const channel = channels?.channel(EVENT_CHANNEL);

/** Returns whether anybody is subscribed. */
export function hasSubscribers(): boolean {
  return channel?.hasSubscribers === true;
}

/**
 * Publishes an event. Node reports errors of a subscriber as uncaught exceptions, when the call has already continued.
 */
export function publish(event: StorageEvent): void {
  if (hasSubscribers()) channel?.publish({ ...event });
}

/**
 * Notifies a listener of every event of this process.
 *
 * @returns a function that ends the subscription
 */
export function subscribe(listener: (event: StorageEvent) => void): () => void {
  const tell = (event: unknown): void => notify(listener, event as StorageEvent);
  channels?.subscribe(EVENT_CHANNEL, tell);
  return () => channels?.unsubscribe(EVENT_CHANNEL, tell);
}
