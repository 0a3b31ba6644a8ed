import type { CompositionEvent, StorageEvent, StorageObserver } from "./event.js";
import { notify } from "./notify.js";

/** What is told of a {@link CompositionEvent}, beside what it is and where. */
export type CompositionNews = Partial<
  Pick<StorageEvent, "outcome" | "code" | "bytes" | "durationMs" | "during" | "replica" | "option" | "attempt">
>;

/** Tells the observer, if there is one, of what happened inside a composition of stores. */
export function tell(
  observer: StorageObserver | undefined,
  operation: CompositionEvent,
  store: string,
  news: CompositionNews = {},
): void {
  if (observer !== undefined)
    notify(observer, { outcome: "success", bytes: 0, durationMs: 0, ...news, operation, store });
}
