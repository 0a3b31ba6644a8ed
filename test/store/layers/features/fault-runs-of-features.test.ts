import { withFeatures } from "../../../../src/store/layers/features/with-features.js";
import { limited } from "../../../support/limited-store.js";
import { expectToWithstandFaults, type Composition } from "../../compose/composition.js";

const FEATURES = ["metadata", "copy", "if-absent", "links"] as const;

const COMPOSITIONS: readonly Composition[] = [
  {
    name: "withFeatures, all of a store that lacks them",
    create: ({ faulty }) =>
      withFeatures(faulty({ store: limited(["metadata", "contentType", "copy", "ifNoneMatch"]) }), {
        simulate: FEATURES,
      }),
    bare: true,
  },
  {
    name: "withFeatures, metadata under copies of the store's own",
    create: ({ faulty }) =>
      withFeatures(faulty({ store: limited(["metadata", "contentType"]) }), { simulate: FEATURES }),
    bare: true,
  },
  {
    name: "withFeatures, all of a store that has them",
    create: ({ faulty }) => withFeatures(faulty(), { simulate: FEATURES }),
  },
];

describe("10,000 operations under faults: features", () => {
  it.each(COMPOSITIONS)("$name", (composition) => expectToWithstandFaults(composition));
});
