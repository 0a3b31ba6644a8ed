import type { Store } from "../../../src/store/store.js";
import { runUnderFaults, type FaultRunEnvironment, type FaultRunOptions } from "../../support/fault-run.js";

/** A composition of stores that fail now and then, and what may be asked of it. */
export interface Composition extends Omit<FaultRunOptions, "seed" | "create"> {
  name: string;
  create: (environment: FaultRunEnvironment) => Store;
}

/** Makes 10,000 calls of it. With the environment variable FAULT_SEED: the run of that seed. */
export async function expectToWithstandFaults({ create, ...options }: Composition): Promise<void> {
  const seed = Number(process.env["FAULT_SEED"] ?? 1);
  const { operations, failed, injected } = await runUnderFaults({ ...options, create, seed });
  expect(operations).toBeGreaterThanOrEqual(10_000);
  // Most calls did something, and every kind of fault was there.
  expect(failed).toBeLessThan(operations / 2);
  for (const kind of ["error", "delay", "hang", "truncate", "lostAcknowledgement", "partialList"] as const) {
    expect(injected[kind]).toBeGreaterThan(0);
  }
}
