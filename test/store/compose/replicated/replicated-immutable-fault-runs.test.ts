import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import type { ReplicatedStoreOptions } from "../../../../src/store/compose/replicated/options.js";
import type { FaultRunEnvironment } from "../../../support/fault-run.js";
import { CORRUPTING_FAULTS, DEFAULT_FAULTS } from "../../../support/fault-run/default-faults.js";
import { immutableDigest } from "../../../support/fault-run/immutable-version.js";
import { expectToWithstandFaults } from "../composition.js";

/** Three copies that fail, break off and, where that can be noticed, lie. */
function replicated({ faulty, clock }: FaultRunEnvironment, options: Partial<ReplicatedStoreOptions>): ReplicatedStore {
  // A part of an object that is not held has no digest.
  const faults = options.maxBufferSize === 0 ? DEFAULT_FAULTS : [...DEFAULT_FAULTS, ...CORRUPTING_FAULTS];
  const stores = { first: faulty({ faults }), second: faulty({ faults }), third: faulty({ faults }) };
  return new ReplicatedStore({ stores, clock, attemptTimeout: 1000, verifyRanges: true, ...options });
}

describe("10,000 operations under faults: ReplicatedStore", () => {
  it.each([
    ["all", {}],
    ["quorum, streamed", { acknowledge: "quorum", maxBufferSize: 0, verifyRanges: false }],
    ["first", { acknowledge: "first" }],
  ] as const)("objects that never change, acknowledging %s", (name, options) =>
    expectToWithstandFaults({
      name,
      create: (environment) => replicated(environment, { digest: immutableDigest, ...options }),
      mode: "immutable",
      seenStays: false,
      codes: ["INTEGRITY"],
    }),
  );
});
