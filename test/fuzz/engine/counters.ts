// The code under test counts here how often each part of it runs: see scripts/fuzz/instrument.mjs. Uncounted code, as jest
// runs it, leaves everything at 0.

const MOST = 1 << 16;
const counts = new Uint32Array(MOST);
const words: { readonly from: number; readonly to: number; readonly literals: readonly string[] }[] = [];
let used = 0;

/**
 * The counters of one file.
 *
 * @public called by the code that scripts/fuzz/instrument.mjs writes
 */
export function counters(count: number, literals: readonly string[]): Uint32Array {
  const from = used;
  used += count;
  if (used > MOST) throw new Error("There are more counters than room for them.");
  words.push({ from, to: used, literals });
  return counts.subarray(from, used);
}

export function resetCounters(): void {
  counts.fill(0, 0, used);
}

/** How much was done since the counters were reset: functions called, branches taken, turns of loops. */
export function countedSteps(): number {
  let steps = 0;
  for (let index = 0; index < used; index++) steps += counts[index]!;
  return steps;
}

/** What was reached: a number for each counter and magnitude of its count, as AFL has them. */
export function countedFeatures(): number[] {
  const features: number[] = [];
  for (let index = 0; index < used; index++) {
    const count = counts[index]!;
    if (count > 0) features.push(index * 8 + magnitude(count));
  }
  return features;
}

/** The string literals of the files that were reached: words that parsers compare with. */
export function reachedWords(): string[] {
  const reached = words.filter(({ from, to }) => counts.subarray(from, to).some((count) => count > 0));
  return [...new Set(reached.flatMap(({ literals }) => literals))];
}

function magnitude(count: number): number {
  if (count < 4) return count - 1;
  if (count < 8) return 3;
  if (count < 16) return 4;
  if (count < 32) return 5;
  return count < 128 ? 6 : 7;
}
