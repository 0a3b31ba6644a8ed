import { observersOfCall } from "./call-observers.js";
import { hasSubscribers, publish } from "./channel.js";
import type { CompositionEvent, StorageEvent } from "./event.js";
import { notify } from "./notify.js";
import { startOf, type Observers } from "./observer.js";

/** The contents of a {@link CompositionEvent}, besides its name and its store. */
export type CompositionNews = Partial<
  Pick<StorageEvent, "outcome" | "code" | "bytes" | "durationMs" | "during" | "replica" | "option" | "attempt">
>;

/**
 * Reports an event inside a composition of stores.
 *
 * @param own observers of the store; without them, the observers of the manager that made the call
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

/** Notifies observers, and the channel, of an event without duration. */
export function tellAll(observers: Observers, event: StorageEvent): void {
  const { operation, ...attributes } = event;
  for (const observer of observers) {
    const end = startOf(observer, operation, attributes);
    if (end !== undefined) notify(end, { ...event });
  }
  publish(event);
}
