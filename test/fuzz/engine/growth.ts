import { Violation } from "../check.js";
import { RandomChoice } from "../../support/fault-run/random-choice.js";
import type { Target } from "../target.js";
import { execute } from "./run-target.js";

const SMALL = 32 * 1024;
const TIMES = 8;
// Work on eight times the input: eight times as much would be linear, 64 times quadratic. Where native code takes
// quadratic time, which steps do not show, the larger input takes so long that it counts as hanging.
const MOST_TIMES = 3 * TIMES;
const FIXED_STEPS = 100_000;

/**
 * Makes an input of each of two sizes by repeating one part of it.
 *
 * @param announce told of each input before it runs, since one may never end
 * @throws Violation when the work grows faster than the input
 */
export async function assertLinear(
  target: Target,
  bytes: Uint8Array,
  seed: number,
  announce: (bytes: Uint8Array) => void,
): Promise<void> {
  if (target.isLinear === false) return;
  const stepsAt = async (size: number): Promise<number> => {
    // The same seed repeats the same part.
    const grown = target.format.grow(bytes, size, new RandomChoice(seed));
    announce(grown);
    return (await execute(target, grown))?.steps ?? 0;
  };
  const few = await stepsAt(SMALL);
  const many = await stepsAt(SMALL * TIMES);
  if (many > few * MOST_TIMES + FIXED_STEPS) {
    throw new Violation(`The work grows faster than the input: ${few} steps, ${many} for ${TIMES} times the input.`);
  }
}
