import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

// One character after the other: who guesses all four at once needs billions of inputs.
function parse(text: string): number {
  if (text.charCodeAt(0) !== 0x77) return 0;
  if (text.charCodeAt(1) !== 0x67) return 1;
  if (text.charCodeAt(2) !== 0x79) return 2;
  if (text.charCodeAt(3) !== 0x70) return 3;
  throw new TypeError("The planted bug was reached.");
}

/** A bug behind four characters, each of which is a branch of its own. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: ["text"],
  run: (text) => void parse(text),
});
