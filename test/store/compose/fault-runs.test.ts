import {
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
} from "../../../src/store/layers/index.js";
import { expectToWithstandFaults, type Composition } from "./composition.js";

const COMPOSITIONS: readonly Composition[] = [
  { name: "a store alone", create: ({ faulty }) => faulty() },
  { name: "withRetry", create: ({ faulty, clock, random }) => withRetry(faulty(), { clock, random }) },
  { name: "withTimeout", create: ({ faulty, clock }) => withTimeout(faulty(), { clock, timeout: 250 }) },
  { name: "withConcurrencyLimit", create: ({ faulty }) => withConcurrencyLimit(faulty(), { limit: 2 }) },
  {
    name: "withCircuitBreaker",
    create: ({ faulty, clock }) => withCircuitBreaker(faulty(), { clock, failures: 2, resetAfter: 100 }),
  },
  {
    name: "withUsageLimits",
    create: ({ faulty, clock }) => withUsageLimits(faulty(), { clock, requests: 9000, egressBytes: 5e5 }),
    codes: ["USAGE_LIMIT"],
  },
  { name: "withPrefix", create: ({ faulty }) => withPrefix(faulty(), "tenants/1") },
  {
    name: "layers in the recommended order",
    create: ({ faulty, clock, random }) =>
      withPrefix(
        withRetry(
          withCircuitBreaker(withTimeout(withConcurrencyLimit(faulty(), { limit: 3 }), { clock, timeout: 250 }), {
            clock,
            failures: 5,
            resetAfter: 500,
          }),
          { clock, random },
        ),
        "tenants/1",
      ),
  },
];

describe("10,000 operations under faults: layers", () => {
  it.each(COMPOSITIONS)("$name", (composition) => expectToWithstandFaults(composition));
});
