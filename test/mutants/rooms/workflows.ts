import { behaviour, seenByTests, type Mutant } from "../mutant.js";

const MERGED = seenByTests("adapters/messages/merged-value.test.ts");
const LAMBDA = seenByTests("adapters/lambda/lambda-offload.test.ts");
const DURABLE = seenByTests("adapters/durable/durable-serdes.test.ts");

export const WORKFLOWS: readonly Mutant[] = [
  {
    name: "only the outermost envelope is opened",
    promise: behaviour(
      "what an engine merged is opened as one: packed results in packed inputs, in arrays, beside added keys",
    ),
    file: "adapters/messages/merged-value.ts",
    from: "if (isPackedValue(value)) return this.unpack(value, spot, follows);",
    to: "if (isPackedValue(value) && spot === undefined) return this.unpack(value, spot, follows);",
    seenBy: MERGED,
  },
  {
    name: "a body overwrites what was put beside it",
    promise: behaviour("what a state put beside a packed value holds"),
    file: "adapters/messages/merged-value.ts",
    from: "{ ...body, ...(beside as object) }",
    to: "{ ...(beside as object), ...body }",
    seenBy: MERGED,
  },
  {
    name: "a bare reference leads anywhere",
    promise: behaviour("a bare reference is followed where it may be, and nowhere else"),
    file: "adapters/messages/merged-value.ts",
    from: "const options = { resolvers: false,",
    to: 'const options = { resolvers: false, allow: ["outputs", "secret"],',
    seenBy: MERGED,
  },
  {
    name: "a bare reference needs no digest",
    promise: behaviour("data that looks like a reference or an envelope stays data"),
    file: "adapters/messages/merged-value.ts",
    from: 'return Object.hasOwn(value, "$storageRef") && isReference(value);',
    to: "return isReference(value);",
    seenBy: MERGED,
  },
  {
    name: "data in a result is handed on as references",
    promise: behaviour("data that looks like a reference or an envelope stays data"),
    file: "adapters/messages/merged-value.ts",
    from: "if (found.includes(false)) throw notHandedOn();",
    to: "",
    seenBy: MERGED,
  },
  {
    name: "what is handed on is read",
    promise: behaviour("what is handed on costs no read"),
    file: "adapters/messages/merged-value.ts",
    from: "if (follows !== false) return { ...(value as object) };",
    to: "if (follows !== undefined) return { ...(value as object) };",
    seenBy: MERGED,
  },
  {
    name: "a key that must stay may leave in part",
    promise: behaviour("keys that must stay do, whatever has to leave"),
    file: "adapters/messages/kept-keys.ts",
    from: "entries.some(({ path: [key] }) => names.includes(String(key)))",
    to: "entries.some(({ path }) => path.length === 1 && names.includes(String(path[0])))",
    seenBy: seenByTests("adapters/messages/pack-value.test.ts"),
  },
  {
    name: "an array leaves as one value",
    promise: behaviour("an array of a result stays one, and fits the limit"),
    file: "adapters/lambda/lambda-offload.ts",
    from: "isItemwise: true",
    to: "isItemwise: false",
    seenBy: LAMBDA,
  },
  {
    name: "every end of an execution releases",
    promise: behaviour("what an execution stored is not deleted while it may be redriven"),
    file: "adapters/lambda/release-handler.ts",
    from: "!statuses.some((meant) => meant === status)",
    to: "statuses.length === 0",
    seenBy: LAMBDA,
  },
  {
    name: "a failed write loses the step",
    promise: behaviour("a failed write of a durable step is tried again"),
    file: "adapters/durable/options.ts",
    from: "await attempts.next(error, undefined);",
    to: "throw error;",
    seenBy: DURABLE,
  },
  {
    name: "results end with their execution",
    promise: behaviour("results of durable executions stay when what their operations stored is deleted"),
    file: "adapters/durable/durable-serdes.ts",
    from: 'executionScope("durable-results",',
    to: 'executionScope("durable",',
    seenBy: DURABLE,
  },
];
