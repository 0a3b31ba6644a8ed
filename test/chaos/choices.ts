import { RandomChoice } from "../support/fault-run/random-choice.js";

/**
 * Choices of one concern of a case. Each concern draws from numbers of its own, so that one more choice here does not
 * change what is chosen there.
 */
export function choicesOf(seed: number, concern: string): RandomChoice {
  let hash = 0x811c9dc5; // FNV-1a
  for (const byte of Buffer.from(`${seed} ${concern}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  return new RandomChoice(hash);
}

/** One of several, each as often as its weight says. */
export function weighted<T extends { readonly weight: number }>(choice: RandomChoice, items: readonly T[]): T {
  let rest = choice.number() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    rest -= item.weight;
    if (rest < 0) return item;
  }
  return items.at(-1)!;
}
