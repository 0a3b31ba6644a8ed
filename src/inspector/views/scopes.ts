import type { View } from "../visit.js";

// Most scopes of one answer, and how long they are counted, in milliseconds: a store may hold a million objects.
const MAX_SCOPES = 500;
const MAX_TIME = 15_000;

/** What scopes take, below a prefix or in all that is the manager's. */
export const scopes: View = async ({ manager, query, signal }) => {
  const found: object[] = [];
  const late = AbortSignal.timeout(MAX_TIME);
  let isComplete = true;
  const below = query.get("prefix") ?? "";
  try {
    const usage = manager.usage(below === "" ? undefined : below, { signal: AbortSignal.any([signal, late]) });
    for await (const { scope, prefix, objects, bytes, oldest, newest, expires, done } of usage) {
      if (found.length === MAX_SCOPES) {
        isComplete = false;
        break;
      }
      const times = { oldest: timeOf(oldest), newest: timeOf(newest), expires: timeOf(expires) };
      found.push({ scope, prefix, objects, bytes, ...times, done });
    }
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    isComplete = false;
  }
  return { scopes: found, complete: isComplete };
};

/** A time in JSON; none for one that the store does not say. */
function timeOf(date: Date | undefined): string | undefined {
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
