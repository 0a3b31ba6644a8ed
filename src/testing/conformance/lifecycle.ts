import assert from "node:assert/strict";
import { CAPABILITY_FLAGS, type CapabilityFlag } from "../../store/capability.js";
import { BASIC, testCase, type CaseGroup, type ConformanceCase } from "./case.js";
import { assertUnsupported } from "./unsupported.js";

export const lifecycle: CaseGroup = {
  name: "capability and lifecycle",
  cases: [
    testCase("has a name", [], ({ store }) => {
      assert.ok(typeof store.name === "string" && store.name !== "");
      return Promise.resolve();
    }),
    testCase("declares every capability, and no more than that", [], ({ store }) => {
      const { maxObjectSize, maxPathLength, ...flags } = store.capability;
      assert.ok(Object.isFrozen(store.capability), "the capability must be frozen");
      assert.deepEqual(Object.keys(flags).sort(), [...CAPABILITY_FLAGS].sort());
      for (const flag of CAPABILITY_FLAGS) assert.equal(typeof flags[flag], "boolean", flag);
      for (const limit of [maxObjectSize, maxPathLength]) {
        assert.ok(limit === undefined || (Number.isSafeInteger(limit) && limit > 0), "a limit is a positive number");
      }
      return Promise.resolve();
    }),
    ...CAPABILITY_FLAGS.map(refusedUnlessAdvertised),
    testCase("can be closed twice", BASIC, async (context) => {
      await context.put("object", "content");
      await context.store.close();
      await context.store.close();
      await context.store[Symbol.asyncDispose]();
    }),
    testCase("can be closed unused, by asyncDispose", [], async ({ store }) => {
      await store[Symbol.asyncDispose]();
      await store.close();
    }),
  ],
};

/**
 * Makes a case that needs no capability, so that it asserts the refusal whatever else is missing. Other cases test the
 * advertised capabilities.
 */
function refusedUnlessAdvertised(flag: CapabilityFlag): ConformanceCase {
  return testCase(`${flag} works, or is UNSUPPORTED without I/O`, [], async (context) => {
    if (!context.store.capability[flag]) await assertUnsupported(context, flag);
  });
}
