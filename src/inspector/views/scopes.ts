import type { View } from "../visit.js";

// Most scopes in one response, and the most time to count them, in milliseconds. A store may hold a million objects.
const MAX_SCOPES = 500;
const MAX_TIME = 15_000;

/** Answers with the size of scopes, below a prefix or below all prefixes of the manager. */
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

/** Formats a time for JSON. `undefined` if the store does not give one. */
function timeOf(date: Date | undefined): string | undefined {
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
