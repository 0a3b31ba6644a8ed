import { isStorageError } from "../../errors/error.js";
import { CAPABILITY_FLAGS, type Capability } from "../../store/capability.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { Store } from "../../store/store.js";
import { Conditions } from "./conditions.js";
import { FINE, type Finding, type Told } from "./finding.js";
import { hasLifecycle, lifecycle } from "./lifecycle.js";
import * as probes from "./probes.js";
import { Workspace } from "./workspace.js";

/** Result of an examination of a store. The findings are in the order of the probes. */
export interface Examination {
  readonly findings: Finding[];
  /** The store's observed capability, in the form that drivers take as an option. */
  readonly capability: Partial<Capability>;
}

/** Runs all probes, one after the other. A failed probe is a finding. It stops only the probes that depend on it. */
export async function examine(
  manager: StorageManager,
  store: Store,
  isQuick: boolean,
  signal: AbortSignal,
  onFinding: (finding: Finding) => unknown,
): Promise<Examination> {
  const findings: Finding[] = [];
  const tell = async (probe: string, run: () => Promise<Told>): Promise<boolean> => {
    const begun = performance.now();
    const told = await run().catch((error: unknown) => failed(error, signal));
    const finding: Finding = { probe, ...told, ms: Math.round(performance.now() - begun) };
    findings.push(finding);
    onFinding(finding);
    return told.verdict !== "wrong";
  };
  // The check makes one call for each right that a manager needs, below the manager's prefix.
  const isUsable = await tell("check", async () => manager.check({ signal }).then(() => FINE));
  if (isUsable && !isQuick) {
    await tryOut(new Workspace(store, signal), tell);
    if (hasLifecycle(store)) await tell("lifecycle", () => lifecycle(manager, store, signal));
  }
  return { findings, capability: capabilityOf(store.capability, findings) };
}

async function tryOut(
  work: Workspace,
  tell: (probe: string, run: () => Promise<Told>) => Promise<boolean>,
): Promise<void> {
  const conditions = new Conditions(work);
  try {
    for (const condition of ["ifNoneMatch", "ifMatch", "deleteIfMatch"] as const) {
      await tell(condition, () => conditions.tell(condition));
    }
    await tell("names", () => probes.names(work));
    await tell("list", () => probes.listing(work));
    await tell("rangeRead", () => probes.ranges(work));
    await tell("copy", () => probes.copies(work));
    await tell("attributes", () => probes.attributes(work));
    await tell("presign", () => probes.presigned(work));
    await tell("checksums", () => probes.checksums(work));
    await tell("large", () => probes.large(work));
    await tell("clock", () => probes.clock(work));
    await tell("latency", () => probes.latency(work));
  } finally {
    await work.clear();
  }
}

function failed(error: unknown, signal: AbortSignal): Told {
  if (signal.aborted || !isStorageError(error)) throw error;
  return { seen: false, verdict: "wrong", note: error.message };
}

function capabilityOf(declared: Readonly<Capability>, findings: readonly Finding[]): Partial<Capability> {
  const seen = new Map(findings.map((finding) => [finding.probe, finding.seen]));
  return {
    ...declared,
    ...Object.fromEntries(CAPABILITY_FLAGS.map((flag) => [flag, seen.get(flag) ?? declared[flag]])),
  };
}

/** Summarises an examination in one sentence. */
export function verdictOf({ findings }: Examination): string {
  const wrong = findings.filter(({ verdict }) => verdict === "wrong").map(({ probe }) => probe);
  if (wrong.length > 0) return `The store is not fit for use: see ${wrong.join(", ")}.`;
  const notes = findings.filter(({ verdict }) => verdict === "note").length;
  return notes === 0 ? "The store does all that is asked of it." : `The store is fit for use, with ${notes} notes.`;
}
