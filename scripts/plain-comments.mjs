// A rule of ESLint: comments are read by people whose first language is not English (docs/decisions/0034-reading-grade.md).

const MOST_WORDS = 35;

/** @type {import("eslint").Rule.RuleModule} */
const rule = {
  meta: { type: "suggestion", schema: [] },
  create({ sourceCode, report }) {
    return {
      Program() {
        for (const { text, loc } of blocksOf(sourceCode.getAllComments())) {
          for (const sentence of sentencesOf(text)) {
            const problem = problemOf(sentence);
            if (problem !== undefined) report({ loc, message: `${problem}: "${sentence}"` });
          }
        }
      },
    };
  },
};

export default { rules: { sentences: rule } };

function problemOf(sentence) {
  if (/^Of\b/.test(sentence)) return 'It begins with "Of": begin with the thing that it is about';
  if (/^What\b.*\bthat\b/.test(sentence)) return 'It says "What … that": name the thing';
  const { length } = sentence.split(" ");
  return length > MOST_WORDS ? `It has ${length} words, over ${MOST_WORDS}: split it` : undefined;
}

/** Line comments that stand below each other are one text. */
function blocksOf(comments) {
  const blocks = [];
  for (const { type, value, loc } of comments) {
    const last = blocks.at(-1);
    if (type === "Line" && last?.type === "Line" && last.loc.end.line === loc.start.line - 1) {
      last.text += `\n${value.trim()}`;
      last.loc = { start: last.loc.start, end: loc.end };
    } else {
      blocks.push({ type, loc, text: value.replace(/^\s*\*? ?/gm, "") });
    }
  }
  return blocks;
}

/** Items of lists, rows of tables and tags stand alone. Code in a sentence is one word; a block of code is none. */
function sentencesOf(text) {
  const prose = text
    .replace(/```[\s\S]*?```|@example[\s\S]*?(?=\n@|$)/g, "\n\n")
    .replace(/`[^`]*`|\{@link [^}]*\}/g, "code");
  return prose
    .split(/\n\s*\n|\n(?=@|- |\||\d+\. )/)
    .flatMap((paragraph) => plain(paragraph).split(/(?<=[.!?]) (?=[A-Z])/))
    .filter((sentence) => sentence !== "" && !sentence.startsWith("|"));
}

function plain(paragraph) {
  return paragraph
    .replace(/\s+/g, " ")
    .replace(/^ ?(?:@\w+(?: \{[^}]*\})?|-|\d+\.) /, "")
    .trim();
}
