import { inject, injectedError, type FaultyCall } from "./inject.js";
import type { Strike, Strikes } from "./fault-plan.js";

// A fault that does not say after how many entries it strikes does so after fewer than this.
const MOST_ENTRIES = 8;

/** Yields the entries of a listing that is cut, delayed or broken off. */
export async function* faultyEntries<T>(
  source: AsyncIterator<T>,
  { before, during, after }: Strikes,
  call: FaultyCall,
  givenUp: Promise<void>,
): AsyncGenerator<T, void, undefined> {
  await inject(before, call, givenUp);
  let listed = 0;
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    for (const strike of during) {
      if (placeOf(strike) === listed && (await endsBy(strike, source, call, givenUp))) return;
    }
    yield next.value;
    listed++;
  }
  await inject(after, call, givenUp);
}

/** Applies a fault. Returns whether the listing ends with it. */
async function endsBy<T>(
  strike: Strike,
  source: AsyncIterator<T>,
  call: FaultyCall,
  givenUp: Promise<void>,
): Promise<boolean> {
  try {
    if (strike.kind !== "partialList") {
      await inject([strike], call, givenUp);
      return false;
    }
    strike.happened();
    if (strike.fault.error !== undefined) throw injectedError(strike.fault.error, call);
    return true;
  } finally {
    if (strike.kind !== "delay") await source.return?.();
  }
}

function placeOf({ fault, place }: Strike): number {
  const { partialList } = fault;
  return typeof partialList === "number" ? partialList : Math.floor(place * MOST_ENTRIES);
}
