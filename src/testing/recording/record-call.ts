import { fail, succeed, type CallJournal, type PlannedAnswer, type RecordedCall } from "./call-journal.js";
import type { Gives, ManagerMethod } from "./manager-methods.js";
import { snapshot } from "./snapshot.js";

/** A call to be made, and how it is recorded. */
export interface CallToMake {
  readonly method: ManagerMethod;
  readonly gives: Gives;
  readonly args: readonly unknown[];
  readonly tenant: string | undefined;
  /** Makes the call. */
  readonly make: () => unknown;
}

/** Makes a call, or answers it as planned, and records it. */
export function recordCall(journal: CallJournal, { method, gives, args, tenant, make }: CallToMake): unknown {
  const call = journal.begin(method, args, tenant);
  const answer = journal.answerTo(method, args);
  if (gives === "promise") return settled(call, answer, make);
  if (gives === "listing") return listed(call, answer, make);
  try {
    return succeed(call, answer === undefined ? make() : planned(answer));
  } catch (error) {
    fail(call, error);
    throw error;
  }
}

// Each call gets its own copy.
function planned({ fails, error, value }: PlannedAnswer): unknown {
  if (fails) throw error;
  return snapshot(value);
}

async function settled(call: RecordedCall, answer: PlannedAnswer | undefined, make: () => unknown): Promise<unknown> {
  try {
    return succeed(call, await (answer === undefined ? make() : planned(answer)));
  } catch (error) {
    fail(call, error);
    throw error;
  }
}

async function* listed(
  call: RecordedCall,
  answer: PlannedAnswer | undefined,
  make: () => unknown,
): AsyncGenerator<unknown, void, undefined> {
  const items: unknown[] = [];
  try {
    const listing = (answer === undefined ? make() : planned(answer)) as AsyncIterable<unknown>;
    for await (const item of listing) {
      items.push(snapshot(item));
      yield item;
    }
  } catch (error) {
    fail(call, error);
    throw error;
  } finally {
    if (call.outcome === "pending") succeed(call, items);
  }
}
