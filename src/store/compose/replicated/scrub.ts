import type { ObjectInfo } from "../../store.js";
import type { RepairReport } from "./repair.js";

/** What a scrub has found and done. */
export interface ScrubReport {
  /** Objects that were looked at. */
  objects: number;
  /** Objects whose right version every store held. This includes objects that were deleted since they were listed. */
  good: number;
  /** Objects with at least one mended copy, and with no wrong copy left. */
  repaired: number;
  /** Objects with a copy that is still missing, corrupt or conflicting, or that could not be read. */
  unresolved: number;
  /** The reports of the first 1,000 unresolved objects. `onProgress` gets all reports. */
  problems: RepairReport[];
  /** The last path that was looked at. A scrub that goes on from here takes it as `startAfter`. */
  last?: string;
}

const MAX_PROBLEMS = 1000;

/** Repairs one object after the other, in the order of the listing. */
export async function scrubObjects(
  objects: AsyncIterable<ObjectInfo>,
  repair: (path: string) => Promise<RepairReport>,
  onProgress: ((report: RepairReport) => unknown) | undefined,
): Promise<ScrubReport> {
  const report: ScrubReport = { objects: 0, good: 0, repaired: 0, unresolved: 0, problems: [] };
  for await (const { path } of objects) {
    const object = await repair(path);
    report.objects++;
    report.last = path;
    const outcome = outcomeOf(object);
    report[outcome]++;
    if (outcome === "unresolved" && report.problems.length < MAX_PROBLEMS) report.problems.push(object);
    await onProgress?.(object);
  }
  return report;
}

function outcomeOf({ missing, corrupt, conflicting, failed, repaired, good }: RepairReport) {
  // An object that was deleted since it was listed is in no store, and is no problem.
  const gone = good.length + repaired.length + corrupt.length + conflicting.length + Object.keys(failed).length === 0;
  if (gone) return "good";
  if (missing.length + corrupt.length + conflicting.length + Object.keys(failed).length > 0) return "unresolved";
  return repaired.length > 0 ? "repaired" : "good";
}
