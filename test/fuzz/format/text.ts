import { growBytes, mutateBytes } from "./bytes.js";
import type { Format } from "./format.js";
import { toBytes, toText } from "./wide-utf8.js";

// Characters that some place treats in its own way: ends of ranges, what changes its length or is lost when its case or
// form changes, what looks like ASCII punctuation.
const CHARACTERS = [
  ...Array.from(
    "\0\t\n\r\x1b\x7f\x85\xa0\xad\u0130\u0131\u017f\u1e9e\u200b\u2028\u2029\u202e\u212a\u2215\u29f8\ufeff\uff0e\uff0f\uff3c\ufffd\uffff",
  ),
  "e\u0301",
  "\ud7a2",
  "\ud800",
  "\udfff",
  "\u{10000}",
  "\u{10ffff}",
  "😀",
];

/** Any string, lone surrogates included. */
export const textFormat: Format<string> = {
  read: toText,
  write: toBytes,
  mutate(bytes, choice, material) {
    if (choice.chance(0.8)) return mutateBytes(bytes, choice, material);
    const text = toText(bytes);
    const at = choice.below(text.length + 1);
    const more = choice.of(CHARACTERS).repeat(choice.of([1, 1, 1, 2, 80]));
    return toBytes(text.slice(0, at) + more + text.slice(at + choice.below(2)));
  },
  grow: growBytes,
};
