import type { CapabilityFlag } from "../../store/capability.js";
import type { ConformanceContext } from "./context.js";

/** One behaviour that every store must show. */
export interface ConformanceCase {
  name: string;
  /** The capabilities that the case needs. Where one of them is missing, the case asserts `UNSUPPORTED` instead. */
  needs: readonly CapabilityFlag[];
  run(context: ConformanceContext): Promise<void>;
}

/** The cases of one concern. */
export interface CaseGroup {
  name: string;
  cases: readonly ConformanceCase[];
}

/** The capabilities that nearly every case needs. */
export const BASIC = ["write", "read", "stat"] as const satisfies readonly CapabilityFlag[];

/** Writes a {@link ConformanceCase} in one line. */
export function testCase(name: string, needs: readonly CapabilityFlag[], run: ConformanceCase["run"]): ConformanceCase {
  return { name, needs, run };
}
