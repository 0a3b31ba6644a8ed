import type { Store } from "../../../src/store/store.js";
import type { FaultKind } from "../../../src/testing/index.js";
import { runUnderFaults, type FaultRunEnvironment, type FaultRunOptions } from "../../support/fault-run.js";

/** A composition of stores that fail now and then, and what may be asked of it. */
export interface Composition extends Omit<FaultRunOptions, "seed" | "create"> {
  name: string;
  create: (environment: FaultRunEnvironment) => Store;
  /** The kinds of fault that must have been there. Default {@link ALL_KINDS}. */
  kinds?: readonly FaultKind[];
}

/** The kinds of the default faults. */
const ALL_KINDS = ["error", "delay", "hang", "truncate", "lostAcknowledgement", "partialList"] as const;

/** Makes 10,000 calls of it. With the environment variable FAULT_SEED: the run of that seed. */
export async function expectToWithstandFaults({ create, kinds = ALL_KINDS, ...options }: Composition): Promise<void> {
  const seed = Number(process.env["FAULT_SEED"] ?? 1);
  const { operations, failed, injected } = await runUnderFaults({ ...options, create, seed });
  expect(operations).toBeGreaterThanOrEqual(10_000);
  // Most calls did something, and every kind of fault was there.
  expect(failed).toBeLessThan(operations / 2);
  for (const kind of kinds) expect(injected[kind]).toBeGreaterThan(0);
}
