// Prints what CHANGELOG.md says of a version: node scripts/release-notes.mjs v1.2.3
import { readFileSync } from "node:fs";

const [tag = ""] = process.argv.slice(2);
const version = tag.replace(/^v/, "");
const own = JSON.parse(readFileSync("package.json", "utf8")).version;
if (version !== own) fail(`The tag ${tag} is not the version of package.json, ${own}.`);
const sections = readFileSync("CHANGELOG.md", "utf8").split(/^## /m);
const notes = sections.find((section) => section.startsWith(`[${version}]`));
if (notes === undefined) fail(`CHANGELOG.md has no section [${version}].`);
console.log(notes.slice(notes.indexOf("\n")).trim());

function fail(problem) {
  console.error(problem);
  process.exit(1);
}
