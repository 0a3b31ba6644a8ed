// Keys that one step sorts or merges: some milliseconds of work.
const STEP = 16_384;

/** The keys of an object as `Array.prototype.sort` orders them, by UTF-16; many of them are sorted in steps. */
export function* sortedKeys(object: object): Generator<undefined, string[], undefined> {
  const keys = Object.keys(object);
  if (keys.length <= STEP) return keys.sort();
  yield undefined; // to list so many is a step of its own
  let runs: string[][] = [];
  for (let start = 0; start < keys.length; start += STEP) {
    runs.push(keys.slice(start, start + STEP).sort());
    yield undefined;
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const second = runs[index + 1];
      merged.push(second === undefined ? runs[index]! : yield* merge(runs[index]!, second));
    }
    runs = merged;
  }
  return runs[0]!;
}

function* merge(first: readonly string[], second: readonly string[]): Generator<undefined, string[], undefined> {
  const merged: string[] = [];
  let left = 0;
  let right = 0;
  while (left < first.length && right < second.length) {
    const end = Math.min(merged.length + STEP, merged.length + Math.min(first.length - left, second.length - right));
    while (merged.length < end) merged.push(first[left]! < second[right]! ? first[left++]! : second[right++]!);
    yield undefined;
  }
  for (; left < first.length; left++) merged.push(first[left]!);
  for (; right < second.length; right++) merged.push(second[right]!);
  return merged;
}
