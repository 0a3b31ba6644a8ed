import { observersOfCall } from "./call-observers.js";
import { hasSubscribers, publish } from "./channel.js";
import type { CompositionEvent, StorageEvent } from "./event.js";
import { notify } from "./notify.js";
import { startOf, type Observers } from "./observer.js";

/** What is told of a {@link CompositionEvent}, beside what it is and where. */
export type CompositionNews = Partial<
  Pick<StorageEvent, "outcome" | "code" | "bytes" | "durationMs" | "during" | "replica" | "option" | "attempt">
>;

/**
 * Tells of what happened inside a composition of stores.
 *
 * @param own observers of the store; without any, those of the manager whose call it is
 */
export function tell(
  own: Observers | undefined,
  operation: CompositionEvent,
  store: string,
  news: CompositionNews = {},
): void {
  const observers = own ?? observersOfCall();
  if (observers.length === 0 && !hasSubscribers()) return;
  tellAll(observers, { outcome: "success", bytes: 0, durationMs: 0, ...news, operation, store });
}

/** Tells observers, and the channel, of something that is over as soon as it begins. */
export function tellAll(observers: Observers, event: StorageEvent): void {
  const { operation, ...attributes } = event;
  for (const observer of observers) {
    const end = startOf(observer, operation, attributes);
    if (end !== undefined) notify(end, { ...event });
  }
  publish(event);
}
