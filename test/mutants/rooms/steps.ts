import { benchmarks, seenByTests, type Mutant } from "../mutant.js";

const IN_STEPS = benchmarks("Digests, copies and texts of large entries are made in steps, which hear the signal");
const ANY_DEPTH = benchmarks("The JSON of large values is written in steps, at any depth");

export const STEPS: readonly Mutant[] = [
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
