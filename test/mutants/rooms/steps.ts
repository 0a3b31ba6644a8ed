import { behaviour, benchmarks, seenByTests, type Mutant } from "../mutant.js";

const IN_STEPS = benchmarks("Digests, copies and texts of large entries are made in steps, which hear the signal");
const ANY_DEPTH = benchmarks("The JSON of large values is written in steps, at any depth");

const BY_LINES = behaviour("a large value has lines, where its text alone says, and is parsed line by line");
const NO_OTHER_COMMA = behaviour("a line ends at no comma of an inner container, nor behind the data");

export const STEPS: readonly Mutant[] = [
  {
    name: "lines end where a step of the writer ends",
    promise: BY_LINES,
    file: "json/json-writer.ts",
    from: "json === UNKNOWN || this.endsLine(json.length)",
    to: "json === UNKNOWN",
    seenBy: seenByTests("vectors/lines.test.ts"),
  },
  {
    name: "lines end in inner containers",
    promise: BY_LINES,
    file: "json/json-writer.ts",
    from: ">= this.nextLine && this.open.length === 1",
    to: ">= this.nextLine",
    seenBy: seenByTests("vectors/lines.test.ts", "object/parse-lines.test.ts"),
  },
  {
    name: "a field behind the data takes what belongs to it",
    promise: NO_OTHER_COMMA,
    file: "object/parse-lines.ts",
    from: "if (!endsWithData(head)) return undefined;",
    to: "",
    seenBy: seenByTests("object/parse-lines.test.ts"),
  },
  {
    name: "two commas in a row are read as one",
    promise: NO_OTHER_COMMA,
    file: "object/parse-lines.ts",
    from: "return items.length > 0;",
    to: "return true;",
    seenBy: seenByTests("object/parse-lines.test.ts"),
  },
  {
    name: "a key called __proto__ becomes the prototype",
    promise: BY_LINES,
    file: "object/parse-lines.ts",
    from: 'if (key !== "__proto__")',
    to: 'if (key !== "")',
    seenBy: seenByTests("object/parse-lines.test.ts"),
  },
  {
    name: "entries of a pack have lines",
    promise: behaviour("an entry of a pack is one line"),
    file: "dehydrate/encode-entry.ts",
    from: "pack === false || entry.leastStoredSize > pack.maxEntrySize",
    to: "true",
    seenBy: seenByTests("vectors/lines.test.ts"),
  },
  {
    name: "a digest in steps has only its first bytes",
    promise: IN_STEPS,
    file: "bytes/digest.ts",
    from: "start < bytes.byteLength",
    to: "start < STEP",
    seenBy: seenByTests("bytes/in-steps.test.ts"),
  },
  {
    name: "a digest of many bytes is made in one go",
    promise: IN_STEPS,
    file: "bytes/digest.ts",
    from: "if (bytes.byteLength <= STEP)",
    to: "if (bytes.byteLength >= 0)",
    seenBy: seenByTests("bytes/in-steps.test.ts"),
  },
  {
    name: "a copy is cut short by a transfer",
    promise: IN_STEPS,
    file: "bytes/copy-bytes.ts",
    from: "if (bytes.byteLength !== byteLength)",
    to: "if (bytes.byteLength > byteLength)",
    seenBy: seenByTests("bytes/in-steps.test.ts"),
  },
  {
    name: "a large text is decoded in one go",
    promise: IN_STEPS,
    file: "hydrate/decode-entry.ts",
    from: "if (bytes.byteLength <= TEXT_STEP || isAscii(bytes))",
    to: "if (bytes.byteLength >= 0)",
    seenBy: seenByTests("hydrate/decode-entry.test.ts"),
  },
  {
    name: "a text is cut inside of a character",
    promise: IN_STEPS,
    file: "hydrate/decode-entry.ts",
    from: "(bytes[index]! & 0xc0) === 0x80",
    to: "(bytes[index]! & 0xc0) === 0xff",
    seenBy: seenByTests("hydrate/decode-entry.test.ts"),
  },
  {
    name: "work in steps gives no turn",
    promise: IN_STEPS,
    file: "async/turns.ts",
    from: "if (!this.due) continue;",
    to: "if (this.start > -1) continue;",
    seenBy: seenByTests("async/turns.test.ts"),
  },
  {
    name: "work in steps does not hear the signal",
    promise: IN_STEPS,
    file: "async/turns.ts",
    from: "throwIfAborted(signal, details);",
    to: "",
    seenBy: seenByTests("async/turns.test.ts"),
  },
  {
    name: "what is nested deep is written in one go",
    promise: ANY_DEPTH,
    file: "json/json-writer.ts",
    from: "if (isSmallJson(value)) {",
    to: "if ((this.open.length > 16 && this.open.length < 40) || isSmallJson(value)) {",
    seenBy: seenByTests("json/json-writer.test.ts"),
  },
];
