import assert from "node:assert/strict";
import { MAX_PATH_BYTES } from "../../paths/path.js";
import { BASIC, testCase, type CaseGroup, type ConformanceCase } from "./case.js";
import { byBytes } from "./context.js";

/** Names that some stores would confuse, change or lose. */
const ODD_NAMES: Readonly<Record<string, readonly string[]>> = {
  "an object beside its children": ["a", "a/b", "a/b/c", "a.json", "a.json/b", "a.json/b.json"],
  spaces: [" ", " a", "a ", "a b", "a  b", "a /b", " /a"],
  "percent signs": ["%", "%%", "%2F", "%2f", "a%2Fb", "a/b", "%25", "%252F", "%00", "%41", "A", "%zz", "%u0041"],
  "plus signs and what URLs mean by signs": [
    "a+b",
    "a b",
    "a%20b",
    "?",
    "a?b=c",
    "#",
    "a#b",
    "&",
    "a=b",
    "a;b",
    "@",
    ":",
  ],
  "quotes and what shells and XML mean by signs": [
    "'",
    '"',
    "`",
    "<a>",
    "&amp;",
    "&",
    "$HOME",
    "*",
    "|",
    "~",
    "!",
    "(",
    "]",
  ],
  dots: ["...", "....", ".a", "a.", "a..", "..a", ".a.", "a/.b", "a./b", "a../b", "a/..b", ".../b"],
  "names that a driver may want for itself": [
    ".tmp",
    "a.tmp",
    "tmp",
    ".meta",
    "a.meta",
    "a.json",
    ".coatcheck",
    "index",
    "~a",
  ],
  "names that systems reserve": ["CON", "con", "nul", "aux.txt", "com1", "__proto__", "constructor", "toString", "a:b"],
  "upper and lower case": ["a", "A", "aB", "Ab", "ß", "SS", "ı", "İ", "K"],
  "composed and decomposed letters": ["é", "e\u0301", "Å", "A\u030a", "\u212b", "가", "\u1100\u1161", "ﬁ", "fi"],
  "scripts, emoji and marks without width": [
    "世界",
    "مرحبا",
    "नमस्ते",
    "👋",
    "👩‍👩‍👧",
    "\u200b",
    "\u200e",
    "\ufeff",
    "\u2028",
    "\u00a0",
  ],
  "the edges of Unicode": ["\ufffd", "\uffff", "\ufffe", "\ue000", "\ud7ff", "\u{10000}", "\u{10ffff}", "\u00a1", "~"],
};

export const paths: CaseGroup = {
  name: "paths come back as written",
  cases: [
    ...Object.entries(ODD_NAMES).map(([what, names]) => keptApart(what, () => names)),
    keptApart("long segments", () => [
      "x".repeat(255),
      "x".repeat(256),
      "x".repeat(300),
      "é".repeat(200),
      "%".repeat(120),
    ]),
    keptApart("many segments", () => [
      "a",
      "a/b",
      `${"a/".repeat(100)}b`,
      `${"a/".repeat(100)}c`,
      "a/".repeat(200) + "b",
    ]),
    keptApart("segments that are alike for 255 bytes", () => ["x".repeat(290) + "1", "x".repeat(290) + "2"]),
    testCase("takes the longest path that it says it takes", BASIC, async (context) => {
      const { store, prefix } = context;
      const longest = store.capability.maxPathLength ?? MAX_PATH_BYTES;
      const room = longest - Buffer.byteLength(prefix);
      for (const fill of ["x", "é", "😀", "x/", " ", "%"]) {
        const filled = fill.repeat(Math.floor(room / Buffer.byteLength(fill)) - 1);
        const name = filled + "y".repeat(room - Buffer.byteLength(filled));
        const path = await context.put(name, name);
        assert.equal(Buffer.byteLength(path), longest);
        await context.assertContent(path, name);
        if (store.capability.delete) await store.delete(path); // a file a would stand where a directory a/ is wanted
      }
    }),
  ],
};

/** Makes a case in which each name is a separate object: for write, read, stat, list and delete. */
function keptApart(what: string, names: () => readonly string[]): ConformanceCase {
  return testCase(what, [...BASIC, "list", "delete"], async (context) => {
    const { store } = context;
    const { maxPathLength = MAX_PATH_BYTES } = store.capability;
    const fitting = names().filter((name) => Buffer.byteLength(context.path(name)) <= maxPathLength);
    const left = new Set(fitting);
    for (const name of left) await context.put(name, `content of ${name}`);
    assert.deepEqual(await context.names(), byBytes(left));
    for (const name of left) {
      await context.assertContent(context.path(name), `content of ${name}`);
      assert.equal((await store.stat(context.path(name)))?.path, context.path(name));
    }
    for (const name of fitting) {
      await store.delete(context.path(name));
      left.delete(name);
      await context.assertMissing(context.path(name));
      assert.deepEqual(await context.names(), byBytes(left), `after the delete of ${JSON.stringify(name)}`);
    }
  });
}
