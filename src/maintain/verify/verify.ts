import type { EventDetails, Recorder } from "../../observe/recorder.js";
import type { Store } from "../../store/store.js";
import { assertOwnListing } from "../../configure/confine.js";
import { abortedCall } from "../../call/deadline.js";
import type { EntrySource } from "../../hydrate/reads/entry-source.js";
import { requireStore } from "../../call/require-store.js";
import type { ManagerSettings } from "../../configure/settings.js";
import { callFailure } from "../../errors/as-storage-error.js";
import { followPayloads } from "./follow-payloads.js";
import { PayloadWalk } from "./payload-walk.js";
import { ReachedObjects } from "./reached-objects.js";
import { Findings, type VerifyOptions, type VerifyPrefixOptions, type VerifyReport } from "./report.js";
import { PrefixCheck } from "./verify-prefix.js";
import { verifySettings, type VerifySettings } from "./verify-settings.js";

export type { VerifyOptions, VerifyPrefixOptions, VerifyReport };

/** The target of a verification. The names keep a payload that is a string from being taken for a prefix. */
type Target = { readonly payload: unknown } | { readonly prefix: string };

/** Verifies a payload, or all objects below a prefix. See `StorageManager.verify` and `verifyPrefix`. */
export async function verify(
  target: Target,
  options: VerifyPrefixOptions,
  manager: ManagerSettings,
  source: EntrySource,
  recorder: Recorder,
): Promise<VerifyReport> {
  const settings = verifySettings(manager, "prefix" in target ? "prefix" : "payload", options);
  const details: EventDetails = { store: manager.store?.name, stepRunId: settings.stepRunId };
  return recorder.record("verify", details, () => report(target, settings, source, recorder, details));
}

async function report(
  target: Target,
  settings: VerifySettings,
  source: EntrySource,
  recorder: Recorder,
  details: EventDetails,
): Promise<VerifyReport> {
  const { signal = new AbortController().signal } = settings;
  if (hasFired(signal)) throw abortedCall("verify", signal);
  const findings = new Findings(settings);
  const verification = new Verification(requireStore(settings, "verify"), settings, source, findings);
  try {
    if ("prefix" in target) await verification.verifyPrefix(target.prefix, recorder, signal);
    else await verification.verifyPayload(target.payload, signal);
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

class Verification {
  constructor(
    private readonly store: Store,
    private readonly settings: VerifySettings,
    private readonly source: EntrySource,
    private readonly findings: Findings,
  ) {}

  async verifyPayload(payload: unknown, signal: AbortSignal): Promise<void> {
    const walk = new PayloadWalk(this.store, this.settings, this.source.shared, this.findings, {
      countsObjects: true,
    });
    await walk.add(payload, undefined, signal);
    await walk.follow(signal);
  }

  async verifyPrefix(prefix: string, recorder: Recorder, signal: AbortSignal): Promise<void> {
    const { payloads } = this.settings;
    assertOwnListing(prefix, this.settings, this.store.name);
    const reached = payloads === undefined ? undefined : await this.reachedBy(payloads, prefix, signal);
    await new PrefixCheck(this.store, this.settings, recorder, this.findings, reached).verify(prefix);
  }

  /** Follows all payloads. Returns the objects that they lead to. */
  private async reachedBy(
    payloads: Iterable<unknown> | AsyncIterable<unknown>,
    prefix: string,
    signal: AbortSignal,
  ): Promise<ReachedObjects> {
    const reached = new ReachedObjects(prefix);
    const onReached = (path: string): void => reached.add(path);
    const newWalk = (): PayloadWalk =>
      new PayloadWalk(this.store, this.settings, this.source.shared, this.findings, {
        countsObjects: false,
        onReached,
      });
    await followPayloads(payloads, newWalk, (walk) => (reached.isComplete &&= walk.isComplete), signal);
    return reached;
  }
}
