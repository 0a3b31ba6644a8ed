import type { StorageEvent } from "./event.js";
import { nodeModule } from "./node-module.js";

/**
 * The channel of `node:diagnostics_channel` on which every event is published, of every manager and every store of this
 * process, while somebody is subscribed to it.
 */
const EVENT_CHANNEL = "coatcheck:event";

const channel = nodeModule("node:diagnostics_channel")?.channel(EVENT_CHANNEL);

/** Whether anybody is subscribed. */
export function hasSubscribers(): boolean {
  return channel?.hasSubscribers === true;
}

/** Publishes an event. What a subscriber throws, Node reports as an uncaught exception, when the call goes on already. */
export function publish(event: StorageEvent): void {
  if (hasSubscribers()) channel?.publish({ ...event });
}
