import { sharedPrototypes, Violation } from "../check.js";
import { CANARY, type Target } from "../target.js";
import type { RandomChoice } from "../../support/fault-run/random-choice.js";
import { countedFeatures, countedSteps, resetCounters } from "./counters.js";

const prototypes = sharedPrototypes();

/** What one input led to. */
export interface Execution {
  readonly features: readonly number[];
  readonly steps: number;
}

/**
 * Gives some bytes to a target.
 *
 * @returns nothing for bytes that are no input of its kind
 * @throws what the target threw
 */
export async function execute(target: Target, bytes: Uint8Array): Promise<Execution | undefined> {
  const input = target.format.read(bytes);
  if (input === undefined) return undefined;
  resetCounters();
  await target.run(input);
  const execution = { features: countedFeatures(), steps: countedSteps() };
  if (sharedPrototypes() !== prototypes) throw new Violation("A prototype that all objects share was changed.");
  return execution;
}

// Most mutations put no word in.
const TRIES = 50;

/** The same input, or nearly, with the canary somewhere in it: a secret that no message may quote. */
export function withCanary(target: Target, bytes: Uint8Array, choice: RandomChoice): Uint8Array {
  const material = { words: [CANARY], other: Buffer.from(CANARY) };
  for (let left = TRIES; left > 0; left--) {
    const mutant = Buffer.from(target.format.mutate(bytes, choice, material));
    if (mutant.includes(CANARY) && target.format.read(mutant) !== undefined) return mutant;
  }
  return bytes;
}
