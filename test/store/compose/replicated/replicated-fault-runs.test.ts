import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import type { Acknowledge } from "../../../../src/store/compose/replicated/options.js";
import { runUnderFaults, type FaultRunEnvironment } from "../../../support/fault-run.js";
import { CORRUPTING_FAULTS, DEFAULT_FAULTS } from "../../../support/fault-run/default-faults.js";

const faults = [...DEFAULT_FAULTS, ...CORRUPTING_FAULTS];

/** Three copies that fail, break off and lie. */
function replicated({ faulty, clock }: FaultRunEnvironment, acknowledge: Acknowledge): ReplicatedStore {
  const stores = { first: faulty({ faults }), second: faulty({ faults }), third: faulty({ faults }) };
  return new ReplicatedStore({ stores, acknowledge, clock, attemptTimeout: 1000, verifyRanges: true });
}

describe("10,000 operations under faults: ReplicatedStore", () => {
  it.each(["all", "quorum", "first"] as const)("objects that change, acknowledging %s", async (acknowledge) => {
    const { failed, operations, injected } = await runUnderFaults({
      seed: Number(process.env["FAULT_SEED"] ?? 1),
      create: (environment) => replicated(environment, acknowledge),
      // A write that failed may be in one copy and not in another: it is seen now, and then not.
      seenStays: false,
      // And copied or not, which the model does not know of. Nor that a delete which failed can leave a copy that had
      // missed a write: it is listed as it is, so that it is found and deleted again.
      without: acknowledge === "all" ? ["copy"] : ["copy", "list"],
    });
    expect(operations).toBeGreaterThanOrEqual(10_000);
    expect(failed).toBeLessThan(operations / 2);
    for (const kind of ["error", "delay", "hang", "truncate", "flip", "lostAcknowledgement"] as const) {
      expect(injected[kind]).toBeGreaterThan(0);
    }
  });
});
