/** Gives numbers from 0 up to, not including, 1. */
export type Random = () => number;

/**
 * The generator "mulberry32" (Tommy Ettinger, public domain): 32 bits of state, the same numbers on every machine. For
 * tests that can be run again, not for secrets.
 *
 * @param seed a whole number; only its lowest 32 bits count
 */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
