import { FailoverStore } from "../../src/store/compose/failover/failover-store.js";
import {
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
} from "../../src/store/layers/index.js";
import { ReplicatedStore } from "../../src/store/compose/replicated/replicated-store.js";
import { TieredStore } from "../../src/store/layers/tiered/tiered-store.js";
import type { Clock } from "../../src/async/clock.js";
import type { Store } from "../../src/store/store.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";

/** What stores are composed of. */
interface Materials {
  /** The next store that may fail. */
  leaf(): Store;
  readonly clock: Clock;
  readonly choice: RandomChoice;
  random(): number;
}

interface StoreSetup {
  readonly name: string;
  readonly weight: number;
  build(materials: Materials): Store;
}

// The time that one attempt may take, in ms: a composition without it would wait for a store that hangs.
const PATIENCE = 2000;

const plain = ({ leaf }: Materials): Store => leaf();

const timed = (materials: Materials): Store =>
  withTimeout(materials.leaf(), { timeout: PATIENCE, clock: materials.clock });

function retried(materials: Materials): Store {
  const { clock, choice, random } = materials;
  return withRetry(timed(materials), { attempts: choice.of([2, 4]), baseDelay: choice.of([1, 100]), clock, random });
}

function layered(materials: Materials): Store {
  const { clock, choice, random } = materials;
  const broken = withCircuitBreaker(timed(materials), { failures: choice.of([2, 5]), resetAfter: 1000, clock });
  const limited = withConcurrencyLimit(broken, { limit: choice.of([1, 3]) });
  return withPrefix(withRetry(limited, { baseDelay: 300, clock, random }), "tenants/42");
}

function failover(materials: Materials, part = plain): Store {
  const { clock, choice, random } = materials;
  const stores = { first: part(materials), second: part(materials) };
  const mode = choice.of(["sequential", "parallel"] as const);
  return new FailoverStore({ stores, broadcast: { mode }, attemptTimeout: PATIENCE, clock, random });
}

function replicated(materials: Materials, part = plain): Store {
  const { clock, choice } = materials;
  const acknowledge = choice.of(["all", "quorum", "first"] as const);
  const stores = { a: part(materials), b: part(materials), c: part(materials) };
  return new ReplicatedStore({ stores, acknowledge, attemptTimeout: PATIENCE, clock });
}

function tiered(materials: Materials, part = plain): Store {
  const { clock, choice } = materials;
  const validate = choice.of(["immutable", "always"] as const);
  const staleIfError = choice.chance(0.5);
  return new TieredStore({ remote: part(materials), maxBytes: choice.of([4000, 1e6]), validate, staleIfError, clock });
}

/** Every store that managers stand over, as users stack them. */
export const STORE_SETUPS: readonly StoreSetup[] = [
  { name: "alone", weight: 6, build: plain },
  { name: "timeout", weight: 1, build: timed },
  { name: "retry", weight: 4, build: retried },
  { name: "all layers", weight: 2, build: layered },
  { name: "tiered", weight: 2, build: tiered },
  { name: "failover", weight: 2, build: failover },
  { name: "replicated", weight: 2, build: replicated },
  { name: "tiered over retry", weight: 1, build: (materials) => tiered(materials, retried) },
  { name: "failover over retry", weight: 1, build: (materials) => failover(materials, retried) },
  { name: "replicated over retry", weight: 1, build: (materials) => replicated(materials, retried) },
  {
    name: "tiered over failover over retry",
    weight: 1,
    build: (materials) => tiered(materials, (inner) => failover(inner, retried)),
  },
];
