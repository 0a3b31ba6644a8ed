import fc from "fast-check";

const SURROGATES = 0xd800;
const BEHIND_SURROGATES = 0xe000;
const AFTER_LAST = 0x110000;

/**
 * Any character, as a unit of `fc.string`: the same as its unit "binary", which writes a table of all of them first. That takes
 * one or two seconds in each file of tests.
 */
export const codePoint = fc
  .nat({ max: AFTER_LAST - (BEHIND_SURROGATES - SURROGATES) - 1 })
  .map((index) => String.fromCodePoint(index < SURROGATES ? index : index - SURROGATES + BEHIND_SURROGATES), indexOf);

function indexOf(character: unknown): number {
  if (typeof character !== "string" || !/^\P{Surrogate}$/su.test(character)) throw new Error("No character.");
  const point = character.codePointAt(0)!;
  return point < SURROGATES ? point : point - BEHIND_SURROGATES + SURROGATES;
}
