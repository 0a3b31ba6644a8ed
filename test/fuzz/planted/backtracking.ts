import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

/** A pattern that hangs in native code, where nothing is counted. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: ["aaaa!"],
  run: (text) => void /^(?:a|a)+$/.test(text),
});
