import { FailoverStore } from "../../../../src/store/compose/failover/failover-store.js";
import type { FailoverStoreOptions } from "../../../../src/store/compose/failover/options.js";
import type { FaultRunEnvironment } from "../../../support/fault-run.js";
import { CORRUPTING_FAULTS, DEFAULT_FAULTS } from "../../../support/fault-run/default-faults.js";
import { immutableDigest } from "../../../support/fault-run/immutable-version.js";
import { expectToWithstandFaults } from "../composition.js";

type Options = (environment: FaultRunEnvironment) => Partial<FailoverStoreOptions>;

function failover(environment: FaultRunEnvironment, optionsFor: Options) {
  const { faulty, clock, random } = environment;
  const options = optionsFor(environment);
  // A part of an object that is not held has no digest.
  const faults = options.maxBufferSize === 0 ? DEFAULT_FAULTS : [...DEFAULT_FAULTS, ...CORRUPTING_FAULTS];
  const stores = { first: faulty({ faults }), second: faulty({ faults }), third: faulty({ faults }) };
  return new FailoverStore({
    stores,
    clock,
    random: () => random(),
    digest: immutableDigest,
    verifyRanges: true,
    ...options,
  });
}

const unknown = (): Promise<string[]> => Promise.reject(new Error("The index is away."));
const ALL = ["third", "first", "second"];

describe("10,000 operations under faults: FailoverStore", () => {
  it.each<[string, Options]>([
    [
      "in parallel, its locator away at times",
      ({ random }) => ({
        locator: () => (random() < 0.5 ? unknown() : Promise.resolve(ALL)),
        broadcast: { mode: "parallel", parallelism: 2 },
        attemptTimeout: 400,
      }),
    ],
    ["one after the other, its locator away, impatient", () => ({ locator: unknown, attemptTimeout: 100 })],
    ["streamed", () => ({ maxBufferSize: 0, verifyRanges: false, attemptTimeout: 1000 })],
  ])("%s", (name, options) =>
    expectToWithstandFaults({
      name,
      create: (environment) => failover(environment, options),
      mode: "immutable",
      // Copies of a failed delete or write come and go with their stores.
      seenStays: false,
      codes: ["INTEGRITY"],
    }),
  );
});
