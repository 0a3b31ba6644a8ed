import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

function pairs(text: string): number {
  let count = 0;
  for (let a = 0; a < text.length; a++) {
    for (let b = a; b < text.length; b++) {
      if (text[a] === text[b]) count++;
    }
  }
  return count;
}

/** Work that grows with the square of the input. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: ["text"],
  run: (text) => void pairs(text),
});
