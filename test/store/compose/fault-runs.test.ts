import type { Store } from "../../../src/store/store.js";
import { runUnderFaults, type FaultRunEnvironment, type FaultRunOptions } from "../../support/fault-run.js";

interface Composition extends Omit<FaultRunOptions, "seed" | "create"> {
  name: string;
  create: (environment: FaultRunEnvironment) => Store;
}

const COMPOSITIONS: readonly Composition[] = [{ name: "a store alone", create: ({ faulty }) => faulty() }];

const SEED = 1;

describe("10,000 operations under faults", () => {
  it.each(COMPOSITIONS)("$name", async ({ name, ...options }) => {
    expect(name).toBeTruthy();
    const { operations, failed, injected } = await runUnderFaults({ ...options, seed: SEED });
    expect(operations).toBeGreaterThanOrEqual(10_000);
    // Most calls did something, and every kind of fault was there.
    expect(failed).toBeLessThan(operations / 2);
    for (const kind of ["error", "delay", "hang", "truncate", "lostAcknowledgement", "partialList"] as const) {
      expect(injected[kind]).toBeGreaterThan(0);
    }
  });
});
