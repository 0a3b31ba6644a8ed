import type { RandomChoice } from "../../support/fault-run/random-choice.js";

/** How the bytes of an input are read, and changed so that they mostly stay of that kind. */
export interface Format<Input> {
  /** What a target is given, or `undefined` for bytes that are no input of this kind. */
  read(bytes: Uint8Array): Input | undefined;
  write(input: Input): Uint8Array;
  /** Other bytes, not far from these. */
  mutate(bytes: Uint8Array, choice: RandomChoice, material: Material): Uint8Array;
  /** The same input with a part of it repeated, so that it has about `size` bytes. */
  grow(bytes: Uint8Array, size: number, choice: RandomChoice): Uint8Array;
}

/** What mutations are made of. */
export interface Material {
  /** Words that the code under test, or a target, knows. */
  readonly words: readonly string[];
  /** Another input, to take parts from. */
  readonly other: Uint8Array;
}
