// Judges every regular expression in the TypeScript files below some directories: is the time that it takes, at whatever
// position it is tried, at most linear in the length of any input? Prints a line of JSON for each.
//
//   node scripts/judge-patterns.mjs [directory ...]
//
// A pattern that is made of a string while a program runs can't be judged; such a call is printed as one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { checkSync } from "recheck";
import ts from "typescript";

// In this process and without the programs that recheck brings for some platforms: the same everywhere.
process.env.RECHECK_BACKEND = "pure";
process.env.RECHECK_SYNC_BACKEND = "pure";

// Copies of what may be repeated so often make an automaton too large. Without an upper bound a pattern has all the ways
// to match that it has with one, and others: what is linear then, is linear with the bound.
const MAX_COPIES = 30;

// The automaton only: "safe" is what it proves, never that no attack was found.
const PARAMETERS = {
  checker: "automaton",
  maxRepeatCount: 100,
  maxPatternSize: 5_000,
  maxNFASize: 100_000,
  timeout: 20_000,
};

function judge(source, flags) {
  const unbounded = source.replace(/\{(\d+),(\d+)\}/g, (bounds, least, most) =>
    Number(most) > MAX_COPIES ? `{${least},}` : bounds,
  );
  const result = checkSync(unbounded, flags, PARAMETERS);
  if (result.status === "unknown") return `unknown: ${result.error.kind}`;
  return result.status === "safe" ? "safe" : `vulnerable: ${result.complexity.summary}`;
}

const verdicts = new Map();

function verdictOf(literal) {
  const end = literal.lastIndexOf("/");
  if (!verdicts.has(literal)) verdicts.set(literal, judge(literal.slice(1, end), literal.slice(end + 1)));
  return verdicts.get(literal);
}

function print(file) {
  const sourceFile = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    const line = sourceFile.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const tell = (verdict) => console.log(JSON.stringify({ at: `${file}:${line}`, text: node.getText(), verdict }));
    if (ts.isRegularExpressionLiteral(node)) tell(verdictOf(node.text));
    if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && node.expression.getText() === "RegExp") {
      tell("unknown: no literal");
    }
    ts.forEachChild(node, visit);
  };
  visit(sourceFile);
}

for (const directory of process.argv.slice(2)) {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  for (const file of files.sort()) print(join(directory, file));
}
