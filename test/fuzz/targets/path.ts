import { assertPath, assertPrefix, comparePaths, pathProblem } from "../../../src/paths/path.js";
import { assert, assertEqual, outcomeOf } from "../check.js";
import { textFormat } from "../format/text.js";
import { defineTarget } from "../target.js";

/** What a path may be, said once more, character by character. */
function isGood(path: string): boolean {
  const isAllowed = (character: string): boolean => {
    const code = character.codePointAt(0)!;
    const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
    return !isControl && character !== "\\" && !(code >= 0xd800 && code <= 0xdfff);
  };
  const segments = path.split("/");
  return (
    Buffer.byteLength(path) <= 1024 &&
    Array.from(path).every(isAllowed) &&
    segments.every((segment) => segment !== "" && segment !== "." && segment !== "..")
  );
}

/** Two paths with a line feed between them, which no path may hold. */
export const target = defineTarget<string>({
  format: textFormat,
  seeds: [
    "a/b.json\na/b",
    "outputs/é/😀\noutputs/é/\uffff",
    "../a\n./b",
    "/a/\n..",
    "a\\b\n\u0085",
    `${"x".repeat(1024)}\n`,
  ],
  words: ["..", "/./", "//"],
  run(input) {
    const texts = input.split("\n", 2);
    for (const text of texts) {
      const isValid = isGood(text);
      assertEqual(pathProblem(text) === undefined, isValid, "Whether it is a path");
      const path = outcomeOf(["INVALID_PATH"], () => assertPath(text, "read", "fuzzed"));
      assertEqual(path.error === undefined, isValid, "Whether it is taken as a path");
      const prefix = outcomeOf(["INVALID_PATH"], () => assertPrefix(text, "list", "fuzzed"));
      // What a path begins with is a prefix, wherever it ends, but not in the middle of a character.
      if (!isValid) continue;
      assert(prefix.error === undefined, "A path is no prefix.");
      for (let end = 0; end <= text.length; end += 7) {
        const start = text.slice(0, end);
        if (start.isWellFormed()) assertPrefix(start, "list", "fuzzed");
      }
    }
    const [a = "", b = ""] = texts;
    if (!a.isWellFormed() || !b.isWellFormed()) return;
    const order = Math.sign(comparePaths(a, b));
    assertEqual(order, Buffer.compare(Buffer.from(a), Buffer.from(b)), "The order of their bytes");
    assert(order === -Math.sign(comparePaths(b, a)), "The order depends on which comes first.");
  },
});
