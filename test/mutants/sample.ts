import { createHash } from "node:crypto";

/** The same on one day (UTC) for everybody: 20261128. */
export function seedOfDay(time: Date): number {
  return Number(time.toISOString().slice(0, 10).replaceAll("-", ""));
}

/** So many of the items, chosen by the seed and their names. Another item does not change the order of the rest. */
export function sampled<T extends { readonly name: string }>(items: readonly T[], count: number, seed: number): T[] {
  const rank = ({ name }: T): string => createHash("sha256").update(`${seed} ${name}`).digest("hex");
  const ranked = items.map((item) => ({ item, rank: rank(item) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, count).map(({ item }) => item);
}
