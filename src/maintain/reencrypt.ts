import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import { notify } from "../observe/notify.js";
import type { EventDetails, Recorder } from "../observe/recorder.js";
import { parseOptions } from "../options/parse-options.js";
import { restated, callFailure } from "../errors/as-storage-error.js";
import { requireStore, type ManagerParts } from "../call/call.js";
import { Reencryption } from "./reencryption.js";
import { type ManagerSettings } from "../configure/settings.js";
import { path, signal } from "../configure/fields.js";
import { isFunction } from "../options/fields.js";
import { sweep, type SweepOptions, type SweepProgress } from "./walk-objects.js";

/** How far a re-encryption has come. */
export interface ReencryptProgress extends SweepProgress {
  /** Objects that were encrypted again with the active key. */
  reencrypted: number;
  /** Objects that were encrypted with the active key already. */
  current: number;
  /** Objects that are not encrypted. They stay as they are. */
  unencrypted: number;
  /** Objects that could not be encrypted again. They stay as they are. */
  failed: number;
}

/** The result of a re-encryption. */
export interface ReencryptReport extends ReencryptProgress {
  /** The first 1,000 objects that could not be encrypted again, and why. */
  failures: { path: string; error: StorageError }[];
}

/** Options of a re-encryption. */
export interface ReencryptOptions extends SweepOptions {
  /** Counts what would be encrypted again, and changes nothing; default false. */
  dryRun?: boolean | undefined;
  /** Called after every object. Errors that it throws are ignored. */
  onProgress?: ((progress: ReencryptProgress) => void) | undefined;
}

const MAX_FAILURES = 1000;

const schema = z.strictObject({
  dryRun: z._default(z.boolean(), false),
  startAfter: z.optional(path),
  signal: z.optional(signal),
  onProgress: z.optional(z.custom<ReencryptOptions["onProgress"]>(isFunction, "must be a function")),
});

/** Encrypts the objects of a prefix again. See `StorageManager.reencrypt`. */
export async function reencryptObjects(
  { settings, recorder }: ManagerParts,
  prefix: string,
  options: ReencryptOptions,
): Promise<ReencryptReport> {
  const { onProgress, ...walk } = parseOptions(schema, options, "reencrypt");
  const details: EventDetails = { store: settings.store?.name };
  return recorder.record("reencrypt", details, async () => {
    const report = await reencrypt(prefix, walk, settings, recorder, (progress) => {
      if (onProgress !== undefined) notify(onProgress, progress);
    });
    Object.assign(details, { objects: report.objects, bytes: report.bytes });
    return report;
  });
}

async function reencrypt(
  prefix: string,
  { dryRun, ...options }: SweepOptions & { dryRun: boolean },
  settings: ManagerSettings,
  recorder: Recorder,
  onProgress: (progress: ReencryptProgress) => void,
): Promise<ReencryptReport> {
  const store = requireStore(settings, "reencrypt");
  const { encryption } = settings.codecs;
  if (encryption === undefined) {
    throw new StorageError("CONFIG_INVALID", "Encrypting again needs aes256gcm among the codecs of the manager.", {
      operation: "reencrypt",
    });
  }
  const reencryption = new Reencryption(store, encryption, settings, recorder, dryRun);
  const counts = { reencrypted: 0, current: 0, unencrypted: 0, failed: 0 };
  const failures: ReencryptReport["failures"] = [];
  const progress = await sweep(prefix, options, settings, {
    operation: "reencrypt",
    visit: async (object, signal) => {
      const outcome = await reencryption.visit(object, signal);
      if (outcome !== undefined && !signal.aborted) counts[outcome]++;
    },
    onFailure: ({ path }, cause) => {
      const details = { operation: "reencrypt", store: store.name, path };
      const known = callFailure(cause, options.signal, details);
      // Codecs do not know where an entry lies, or which operation uses them.
      const error = known.path === undefined ? restated(known, details) : known;
      if (failures.push({ path, error }) > MAX_FAILURES) failures.pop();
      counts.failed++;
    },
    onProgress: (done) => onProgress({ ...done, ...counts }),
  });
  return { ...progress, ...counts, failures };
}
