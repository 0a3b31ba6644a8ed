import type { ObjectInfo } from "../store.js";

/** One object of a listing, or its end. */
export type ListingStep = IteratorResult<ObjectInfo, unknown>;

/**
 * Hands a listing on to its reader. Every step is taken by `step`, which may do something before and after
 * it, or give it up; a listing below that is given up midway through a step is not waited for.
 */
export async function* relayedListing(
  listing: AsyncIterable<ObjectInfo>,
  step: (next: () => Promise<ListingStep>) => Promise<ListingStep>,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const iterator = listing[Symbol.asyncIterator]();
  let state: "idle" | "busy" | "ended" = "idle";
  try {
    for (;;) {
      state = "busy";
      const next = await step(() => iterator.next());
      if (next.done === true) {
        state = "ended";
        return;
      }
      state = "idle";
      yield next.value;
    }
  } finally {
    if (state === "idle") await iterator.return?.();
    else if (state === "busy") iterator.return?.().catch(() => undefined);
  }
}
