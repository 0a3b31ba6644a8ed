// Prints each sentence of the README and of the book that is above reading grade 10, and fails if there is one.
//
//   node scripts/reading-grade.mjs [files]
//
// What counts as a sentence, and why this formula: docs/decisions/0034-reading-grade.md.
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import process from "node:process";
import { fleschKincaid } from "flesch-kincaid";
import { toString } from "nlcst-to-string";
import { ParseEnglish } from "parse-english";
import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { syllable } from "syllable";
import { unified } from "unified";
import { visit } from "unist-util-visit";

const LIMIT = 10;
const FEWEST_WORDS = 5;
const markdown = unified().use(remarkParse).use(remarkGfm);
const english = new ParseEnglish();

/** The pages for users: all of docs/ but what its first page lists for those who work on it. */
function pages() {
  const [, contributors] = readFileSync("docs/README.md", "utf8").split("## For those who work on it");
  const excluded = [...contributors.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => posix.normalize(`docs/${link}`));
  const files = readdirSync("docs", { recursive: true })
    .filter((name) => name.endsWith(".md"))
    .map((name) => posix.join("docs", name.replaceAll("\\", "/")));
  return ["README.md", ...files.filter((file) => !excluded.some((one) => file === one || file.startsWith(`${one}/`)))];
}

/** The text that is read. Code is one short word, whatever its length. */
function textOf(paragraph) {
  let text = "";
  visit(paragraph, ({ type, value }) => {
    if (type === "text") text += value;
    else if (type === "inlineCode") text += "Code";
    else if (type === "break") text += " ";
  });
  return text.replace(/\s+/g, " ");
}

function wordsOf(sentence) {
  const words = [];
  visit(sentence, "WordNode", (word) => void words.push(toString(word)));
  return words;
}

function gradeOf(words) {
  const syllables = words.reduce((sum, word) => sum + (syllable(word) || 1), 0);
  return fleschKincaid({ sentence: 1, word: words.length, syllable: syllables });
}

/** Paragraphs hold sentences, those of lists and quotes too. Tables, headings and code hold none. */
function hardSentences(file) {
  const found = [];
  visit(markdown.parse(readFileSync(file, "utf8")), "paragraph", (paragraph) => {
    visit(english.parse(textOf(paragraph)), "SentenceNode", (sentence) => {
      const words = wordsOf(sentence);
      const grade = words.length < FEWEST_WORDS ? 0 : gradeOf(words);
      if (grade > LIMIT) {
        found.push(`${file}:${paragraph.position.start.line}: grade ${grade.toFixed(1)}: ${toString(sentence)}`);
      }
    });
  });
  return found;
}

const files = process.argv.length > 2 ? process.argv.slice(2) : pages();
const found = files.flatMap((file) => hardSentences(join(file)));
for (const line of found) console.log(line);
if (found.length > 0) process.exitCode = 1;
