import type { Format } from "./format/format.js";

/** Something that is fuzzed: a file of targets/ whose name is the target's, and which exports one as `target`. */
export interface Target<Input = unknown> {
  readonly format: Format<Input>;
  /** Where fuzzing begins: one input for each kind of thing that the code tells apart. */
  readonly seeds: readonly Input[];
  /** Words to mutate with, beside the string literals of the code that is reached. */
  readonly words?: readonly string[];
  /** The longest input in bytes. Default 4096. */
  readonly maxLength?: number;
  /**
   * `false` where twice the input may well be more than twice the work, as where it says how much to do. Default `true`:
   * the work grows with the input at most, and so is checked.
   */
  readonly isLinear?: boolean;
  /**
   * Gives an input to the code under test, and throws unless it does what it must: see check.ts.
   */
  run(input: Input): void | Promise<void>;
}

/** Lets TypeScript infer what a target's input is. */
export function defineTarget<Input>(target: Target<Input>): Target {
  return target;
}

/** A text that stands for a secret in an input: it is put into inputs, and must come out in no message. */
export const CANARY = "cAnArY5eCr3t";
