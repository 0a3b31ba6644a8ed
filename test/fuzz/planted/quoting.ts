import { StorageError } from "../../../src/errors/error.js";
import { outcomeOf } from "../check.js";
import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

/** A message that quotes the input. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: ["text"],
  run(text) {
    outcomeOf(["INVALID_PATH"], () => {
      if (text.length > 3) throw new StorageError("INVALID_PATH", `This is no path: ${text}`);
    });
  },
});
