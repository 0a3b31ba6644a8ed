import type { EventDetails } from "../../observe/recorder.js";
import { assertOwnListing } from "../../configure/confine.js";
import { abortedCall } from "../../call/deadline.js";
import type { EntrySource } from "../../hydrate/reads/entry-source.js";
import { requireStore, type ManagerParts } from "../../call/call.js";
import { callFailure } from "../../errors/as-storage-error.js";
import { followPayloads } from "./follow-payloads.js";
import { PayloadWalk, type PayloadWalkOptions } from "./payload-walk.js";
import { ReachedObjects } from "./reached-objects.js";
import { Findings, type VerifyPrefixOptions, type VerifyReport } from "./report.js";
import { PrefixCheck } from "./verify-prefix.js";
import { verifySettings, type VerifySettings } from "./verify-settings.js";

type Parts = ManagerParts & { readonly source: EntrySource };

/** The target of a verification. The names keep a payload that is a string from being taken for a prefix. */
type Target = { readonly payload: unknown } | { readonly prefix: string };

/** Verifies a payload, or all objects below a prefix. See `StorageManager.verify` and `verifyPrefix`. */
export async function verify(target: Target, options: VerifyPrefixOptions, parts: Parts): Promise<VerifyReport> {
  const settings = verifySettings(parts.settings, "prefix" in target ? "prefix" : "payload", options);
  const details: EventDetails = { store: settings.store?.name, stepRunId: settings.stepRunId };
  return parts.recorder.record("verify", details, () => report(target, settings, parts, details));
}

async function report(
  target: Target,
  settings: VerifySettings,
  { source, recorder }: Parts,
  details: EventDetails,
): Promise<VerifyReport> {
  const { signal = new AbortController().signal } = settings;
  if (hasFired(signal)) throw abortedCall("verify", signal);
  const findings = new Findings(settings);
  const store = requireStore(settings, "verify");
  const newWalk = (options: PayloadWalkOptions): PayloadWalk =>
    new PayloadWalk(store, settings, source.shared, findings, options);
  try {
    if ("prefix" in target) {
      const { payloads } = settings;
      assertOwnListing(target.prefix, settings, store.name);
      const reached = payloads && (await reachedBy(payloads, target.prefix, newWalk, signal));
      await new PrefixCheck(store, settings, recorder, findings, reached).verify(target.prefix);
    } else {
      const walk = newWalk({ countsObjects: true });
      await walk.add(target.payload, undefined, signal);
      await walk.follow(signal);
    }
    return findings.report;
  } catch (error) {
    if (hasFired(signal)) throw abortedCall("verify", signal);
    throw callFailure(error, signal, { operation: "verify", store: settings.store?.name });
  } finally {
    Object.assign(details, { objects: findings.objects, bytes: findings.bytes, entries: findings.references });
  }
}

function hasFired(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Follows all payloads. Returns the objects that they lead to. */
async function reachedBy(
  payloads: Iterable<unknown> | AsyncIterable<unknown>,
  prefix: string,
  newWalk: (options: PayloadWalkOptions) => PayloadWalk,
  signal: AbortSignal,
): Promise<ReachedObjects> {
  const reached = new ReachedObjects(prefix);
  const options = { countsObjects: false, onReached: (path: string) => reached.add(path) };
  const onFollowed = (walk: PayloadWalk): unknown => (reached.isComplete &&= walk.isComplete);
  await followPayloads(payloads, () => newWalk(options), onFollowed, signal);
  return reached;
}
