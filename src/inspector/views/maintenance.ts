import { requireStore } from "../../call/call.js";
import { isStorageError } from "../../errors/error.js";
import type { CollectedObject } from "../../maintain/collect/report.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { Refusal } from "../answers.js";
import { examine, verdictOf } from "../doctor/examination.js";
import { optionalText, textField, type View } from "../visit.js";

// Most objects that one dry run scans, and most objects that its answer lists.
const MAX_SCAN = 100_000;
const MAX_TOLD = 1000;

/** Answers with what a pass of the collector would do, and why. Nothing is written. */
export const collect: View = ({ manager, body, workload, signal }) =>
  workload.runAlone("dry run", async () => {
    const told: CollectedObject[] = [];
    const onObject = (object: CollectedObject): void => {
      if (told.length < MAX_TOLD) told.push(object);
    };
    const prefix = optionalText(body, "prefix");
    const report = await manager.collect({ dryRun: true, all: true, maxScan: MAX_SCAN, prefix, onObject, signal });
    return { report, objects: told, moreObjects: Math.max(report.scanned - told.length, 0) };
  });

/** Examines the store and answers with the findings. The probes write objects of their own and delete them. */
export const doctor: View = ({ manager, workload, signal }) =>
  workload.runAlone("examination", async () => {
    // Only the manager's check stays below its prefixes. All other probes use places of the whole store. A tenant's
    // manager must stay below its prefixes, so it gets the check alone.
    const isConfined = await confined(manager, signal);
    const examination = await examine(manager, requireStore(manager, "doctor"), isConfined, signal, () => undefined);
    return { ...examination, verdict: verdictOf(examination), confined: isConfined };
  });

async function confined(manager: StorageManager, signal: AbortSignal): Promise<boolean> {
  try {
    await manager.list("", { limit: 1, signal }).next();
    return false;
  } catch (error) {
    return isStorageError(error, "REFERENCE_DENIED");
  }
}

/** Deletes the objects of a scope. The user has typed the scope's name to confirm it. */
export const release: View = async ({ manager, body, signal }) => {
  const scope = confirmed(body, "scope");
  return manager.release(scope, { prefix: optionalText(body, "prefix"), signal });
};

/** Deletes one object. The user has typed its path to confirm it. */
export const remove: View = async ({ manager, body, signal }) => {
  await manager.delete(confirmed(body, "path"), { signal });
  return { deleted: 1 };
};

function confirmed(body: unknown, name: string): string {
  const value = textField(body, name);
  if (optionalText(body, "confirm") === value) return value;
  throw new Refusal(409, "NOT_CONFIRMED", `Say the ${name} again in the field confirm.`);
}
