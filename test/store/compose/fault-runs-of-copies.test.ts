import { FailoverStore } from "../../../src/store/compose/failover/failover-store.js";
import type { FailoverStoreOptions } from "../../../src/store/compose/failover/options.js";
import { ReplicatedStore } from "../../../src/store/compose/replicated/replicated-store.js";
import { StorageError } from "../../../src/error.js";
import type { Store } from "../../../src/store/store.js";
import type { FaultRunEnvironment } from "../../support/fault-run.js";
import { CORRUPTING_FAULTS, DEFAULT_FAULTS } from "../../support/fault-run/default-faults.js";
import { immutableDigest } from "../../support/fault-run/immutable-version.js";
import { ALL_KINDS, expectToWithstandFaults, type Composition } from "./composition.js";

// Copies may lie here: they are checked by a digest, which the composition is told or keeps beside the object.
const FAULTS = [...DEFAULT_FAULTS, ...CORRUPTING_FAULTS];

function copies({ faulty }: FaultRunEnvironment): Record<string, Store> {
  return { first: faulty({ faults: FAULTS }), second: faulty({ faults: FAULTS }), third: faulty({ faults: FAULTS }) };
}

function failover(environment: FaultRunEnvironment, options: Partial<FailoverStoreOptions> = {}): Store {
  const random = (): number => environment.random();
  const checked = { digest: immutableDigest, verifyRanges: true };
  return new FailoverStore({ stores: copies(environment), clock: environment.clock, random, ...checked, ...options });
}

const COMPOSITIONS: readonly Composition[] = [
  {
    name: "FailoverStore, one after the other",
    create: (environment) => failover(environment),
    mode: "immutable",
    codes: ["INTEGRITY"],
    kinds: [...ALL_KINDS, "flip"],
  },
  {
    name: "FailoverStore, at the same time, a locator that fails",
    create: (environment) =>
      failover(environment, {
        broadcast: { mode: "parallel", parallelism: 2 },
        attemptTimeout: 400,
        locator: () =>
          environment.random() < 0.5
            ? Promise.resolve(["third", "first", "second"])
            : Promise.reject(new StorageError("UNAVAILABLE", "The locator is down.")),
      }),
    mode: "immutable",
    codes: ["INTEGRITY"],
    kinds: [...ALL_KINDS, "flip"],
  },
  {
    name: 'ReplicatedStore, "all"',
    create: (environment) =>
      new ReplicatedStore({ stores: copies(environment), clock: environment.clock, verifyRanges: true }),
    codes: ["INTEGRITY"],
    seenStays: false,
    kinds: [...ALL_KINDS, "flip"],
  },
  {
    name: 'ReplicatedStore, "quorum"',
    // After a delete that failed, a listing may show the copy of a store that had missed the last write.
    without: ["list"],
    create: ({ faulty, clock }) => {
      const late = (): Store => faulty({ faults: FAULTS.filter(({ fault }) => !("hang" in fault)) });
      const stores = { first: late(), second: late(), third: late() };
      return new ReplicatedStore({ stores, clock, verifyRanges: true, acknowledge: "quorum" });
    },
    codes: ["INTEGRITY"],
    seenStays: false,
    kinds: ["error", "delay", "truncate", "flip", "lostAcknowledgement"],
  },
];

describe("10,000 operations under faults: copies", () => {
  it.each(COMPOSITIONS)("$name", (composition) => expectToWithstandFaults(composition));
});
