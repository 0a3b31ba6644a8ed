import { behaviour, seenByTests, type Mutant } from "../mutant.js";

export const FILES: readonly Mutant[] = [
  {
    name: "a range goes on into the next entry of a pack",
    promise: behaviour("a range never leaves its entry"),
    file: "hydrate/read-range.ts",
    from: "const left = size === undefined ? undefined : size - offset;",
    to: "const left = undefined;",
    seenBy: seenByTests("hydrate/open-ranges.test.ts"),
  },
  {
    name: "a range that is cut short is all there is",
    promise: behaviour("a range that is too short fails"),
    file: "hydrate/read-range.ts",
    from: "if (known === undefined || size === length) return;",
    to: "if (known === undefined || size <= length!) return;",
    seenBy: seenByTests("hydrate/open-ranges.test.ts"),
  },
  {
    name: "a name puts a line into the headers of an answer",
    promise: behaviour("no header of an answer is forged by a name"),
    file: "paths/filename.ts",
    from: " && !/\\p{Cc}/u.test(name)",
    to: "",
    seenBy: seenByTests("manager/presign.test.ts"),
  },
  {
    name: "encoded bytes are saved under the name of what they encode",
    promise: behaviour("what is encoded has no name"),
    file: "manager/presign.ts",
    from: "filename: encoding === undefined ? filenameOf",
    to: "filename: true ? filenameOf",
    seenBy: seenByTests("manager/presign.test.ts"),
  },
  {
    name: "an upload is adopted from anywhere in the store",
    promise: behaviour("no JSON asks for an object"),
    file: "maintain/adoption.ts",
    from: 'const location = locationOf(path, "object path", "adopt", store.name);\n    admitLocation(location, allowListOf(settings), store, "adopt");',
    to: 'const location = locationOf(path, "object path", "adopt", store.name);',
    seenBy: seenByTests("maintain/adopt-stored.test.ts"),
  },
  {
    name: "data that looks like an envelope goes as it is",
    promise: behaviour("data is never taken for an envelope"),
    file: "adapters/messages/pack-value.ts",
    from: "return packed(manager, value, call, isPackedValue);",
    to: "return packed(manager, value, call, () => false);",
    seenBy: seenByTests("adapters/messages/pack-value.test.ts"),
  },
];
