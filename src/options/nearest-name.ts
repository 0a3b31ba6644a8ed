// All known names are shorter. So the distance to a longer name need not be exact.
const MAX_NAME_LENGTH = 256;

/**
 * Returns the known name with the fewest changed letters, or the first of several. Case does not count.
 *
 * @param most maximum number of changes
 */
export function nearestName(name: string, known: Iterable<string>, most = Infinity): string | undefined {
  const given = name.slice(0, MAX_NAME_LENGTH).toUpperCase();
  const distances = [...known].map((other) => ({ other, distance: editDistance(given, other.toUpperCase()) }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  return nearest !== undefined && nearest.distance <= most ? nearest.other : undefined;
}

/** Returns the Levenshtein distance: the number of letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
