import { FailoverStore } from "../../../src/store/compose/failover/failover-store.js";
import { RoutingStore } from "../../../src/store/compose/routing/routing-store.js";
import { TieredStore } from "../../../src/store/compose/tiered/tiered-store.js";
import type { Store } from "../../../src/store/store.js";
import type { FaultRule } from "../../../src/testing/index.js";
import type { FaultRunEnvironment } from "../../support/fault-run.js";
import { CORRUPTING_FAULTS, DEFAULT_FAULTS } from "../../support/fault-run/default-faults.js";
import { immutableDigest } from "../../support/fault-run/immutable-version.js";
import { expectToWithstandFaults, type Composition } from "./composition.js";

const FAULTS = [...DEFAULT_FAULTS, ...CORRUPTING_FAULTS];

function replicas({ faulty }: FaultRunEnvironment, faults?: readonly FaultRule[]): Record<string, Store> {
  return {
    first: faulty(faults && { faults }),
    second: faulty(faults && { faults }),
    third: faulty(faults && { faults }),
  };
}

const COMPOSITIONS: readonly Composition[] = [
  {
    name: "RoutingStore",
    create: ({ faulty }) => new RoutingStore({ primary: faulty(), schemes: { other: faulty() } }),
  },
  {
    name: 'TieredStore, "always"',
    create: ({ faulty, clock }) => new TieredStore({ remote: faulty(), clock, validate: "always", maxBytes: 20_000 }),
  },
  {
    name: 'TieredStore, "immutable"',
    create: ({ faulty, clock }) => new TieredStore({ remote: faulty(), clock, maxBytes: 20_000 }),
    mode: "immutable",
  },
  {
    name: 'TieredStore, "maxAge", stale copies on errors',
    create: ({ faulty, clock }) =>
      new TieredStore({ remote: faulty(), clock, validate: "maxAge", ttl: 100, staleIfError: true }),
    mode: "immutable",
  },
  {
    name: "FailoverStore, one after the other, corrupt copies",
    create: (environment) =>
      new FailoverStore({
        stores: replicas(environment, FAULTS),
        clock: environment.clock,
        random: () => environment.random(),
        digest: immutableDigest,
        verifyRanges: true,
      }),
    mode: "immutable",
    codes: ["INTEGRITY"],
  },
];

describe("10,000 operations under faults: stores over stores", () => {
  it.each(COMPOSITIONS)("$name", (composition) => expectToWithstandFaults(composition));
});
