// What Kubernetes and Docker set in every container for a service that is called "coatcheck" ("Services, Networking":
// environment variables).
const OF_A_SERVICE = /^(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

// No name of ours is longer: how near another one comes need not be computed.
const MAX_NAME_LENGTH = 256;

/** Whether a platform, and not the user, may have set a variable of this name. */
export function isOfPlatform(name: string): boolean {
  return OF_A_SERVICE.test(name);
}

/** The known name that takes the fewest changes of a letter to come to; of several the first. */
export function nearestName(name: string, known: Iterable<string>): string {
  const given = name.slice(0, MAX_NAME_LENGTH).toUpperCase();
  const distances = [...known].map((other) => ({ other, distance: editDistance(given, other) }));
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).other;
}

/** Levenshtein's: letters to insert, delete or replace. */
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
