import type { StorageEvent } from "./event.js";
import { nodeModule } from "./node-module.js";
import { notify } from "./notify.js";

/**
 * The channel of `node:diagnostics_channel` on which every event is published, of every manager and every store of this
 * process, while somebody is subscribed to it.
 */
const EVENT_CHANNEL = "coatcheck:event";

const channels = nodeModule("node:diagnostics_channel");
const channel = channels?.channel(EVENT_CHANNEL);

/** Whether anybody is subscribed. */
export function hasSubscribers(): boolean {
  return channel?.hasSubscribers === true;
}

/** Publishes an event. What a subscriber throws, Node reports as an uncaught exception, when the call goes on already. */
export function publish(event: StorageEvent): void {
  if (hasSubscribers()) channel?.publish({ ...event });
}

/** Tells a listener of every event of this process. @returns what ends it */
export function subscribe(listener: (event: StorageEvent) => void): () => void {
  const tell = (event: unknown): void => notify(listener, event as StorageEvent);
  channels?.subscribe(EVENT_CHANNEL, tell);
  return () => channels?.unsubscribe(EVENT_CHANNEL, tell);
}
