import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

/** Memory that a short input asks for. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: ["text"],
  run(text) {
    const hoard: string[][] = [];
    for (let left = text.length * 100_000; left > 0; left--) hoard.push(new Array<string>(10_000).fill(text));
  },
});
