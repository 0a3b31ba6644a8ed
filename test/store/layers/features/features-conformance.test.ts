import type { CapabilityFlag } from "../../../../src/store/capability.js";
import type { Feature } from "../../../../src/store/layers/features/options.js";
import { withFeatures } from "../../../../src/store/layers/features/with-features.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { limited } from "../../../support/limited-store.js";
import { expectStoreMatchesModel } from "../../store-model.js";

const ALL: readonly Feature[] = ["metadata", "copy", "if-absent", "links"];
const MISSING: readonly CapabilityFlag[] = ["metadata", "contentType", "copy", "ifNoneMatch"];

const CASES: readonly [string, readonly CapabilityFlag[], readonly Feature[]][] = [
  ["a store that has all, nothing simulated", [], []],
  ["a store that has all, all simulated", [], ALL],
  ["a store that lacks much, nothing simulated", MISSING, []],
  ["metadata", ["metadata", "contentType"], ["metadata"]],
  ["metadata, where the content type is kept", ["metadata"], ["metadata"]],
  ["copy", ["copy"], ["copy"]],
  ["if-absent", ["ifNoneMatch"], ["if-absent"]],
  ["links", [], ["links"]],
  ["all that is missing", MISSING, ALL],
  ["all, where nothing can be deleted", [...MISSING, "delete"], ALL],
  ["all, where nothing can be described", [...MISSING, "stat"], ALL],
  ["all, where nothing can be read", [...MISSING, "read"], ALL],
  ["all, where nothing can be written", [...MISSING, "write"], ALL],
];

for (const [name, missing, simulate] of CASES) {
  storeConformance(
    { describe, it },
    {
      name: `withFeatures: ${name}`,
      create: () => withFeatures(limited(missing), { simulate }),
      largeObjectSize: 200_000,
      settleTimeout: 500,
    },
  );
}

describe("withFeatures and a map", () => {
  it.each(CASES.slice(0, 9))("do the same: %s", async (_, missing, simulate) => {
    await expectStoreMatchesModel(() => withFeatures(limited(missing), { simulate }), { numRuns: 60 });
  });
});
