import { spawnSync } from "node:child_process";

// Not in this process: the rule is an ECMAScript module.
const PROGRAM = `
import { Linter } from "eslint";
import plugin from "./scripts/plain-comments.mjs";
const code = process.argv[1];
const messages = new Linter().verify(code, { plugins: { comments: plugin }, rules: { "comments/sentences": "error" } });
console.log(JSON.stringify(messages.map(({ line, message }) => [line, message.replace(/:.*/s, "")])));
`;

function problems(code: string): [number, string][] {
  const args = ["--input-type=module", "--eval", PROGRAM, code];
  return JSON.parse(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout) as [number, string][];
}

it("sentences of comments are told that are turned around, or too long", () => {
  const long = Array.from({ length: 36 }, () => "word").join(" ");
  const code = `
// It is short. Of this nothing is read.
/** What is read that was not written. */
/**
 * It is short.
 *
 * - ${long}
 */
const one = 1; // ${long.slice(0, 80)}
// ${long.slice(80)}
// ${long}
`;
  expect(problems(code)).toEqual([
    [2, 'It begins with "Of"'],
    [3, 'It says "What … that"'],
    [4, "It has 36 words, over 35"],
    [9, "It has 72 words, over 35"],
  ]);
});

it("examples, code and tables are no sentences", () => {
  const code = `
/**
 * Offers \`Of ${"a ".repeat(40)}\` and {@link What.that | all}.
 *
 * | Of a ${"word ".repeat(40)}|
 *
 * @example
 * ${"const of = what.that; ".repeat(20)}
 */
`;
  expect(problems(code)).toEqual([]);
});
