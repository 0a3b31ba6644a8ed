import * as z from "zod/mini";
import { requireStore, type ManagerParts } from "../../call/call.js";
import { count, prefix, signal } from "../../configure/fields.js";
import type { SharedReads } from "../../hydrate/reads/shared-reads.js";
import { callFailure } from "../../errors/as-storage-error.js";
import { assertRouted } from "../../access/admit.js";
import type { EventDetails } from "../../observe/recorder.js";
import { isFunction } from "../../options/fields.js";
import { invalidOptions, parseOptions } from "../../options/parse-options.js";
import { isIterable } from "../verify/verify-settings.js";
import { settingsBelow } from "../release.js";
import { LivePayloads } from "./live-payloads.js";
import { LoneMarkers } from "./lone-markers.js";
import { CollectorPass, type PassLimits } from "./pass.js";
import { emptyReport, eventDetails, type CollectOptions, type CollectReport } from "./report.js";

const atLeastOne = z.int().check(z.gte(1));
const schema = z.strictObject({
  prefix: z.optional(prefix),
  dryRun: z._default(z.boolean(), false),
  all: z._default(z.boolean(), false),
  live: z.optional(
    z.custom<NonNullable<CollectOptions["live"]>>(isIterable, "must be iterable: the payloads that are in use"),
  ),
  allowEmpty: z._default(z.boolean(), false),
  minAge: z.optional(count),
  maxScan: z.optional(atLeastOne),
  maxDelete: z.optional(atLeastOne),
  onProgress: z.optional(z.custom<NonNullable<CollectOptions["onProgress"]>>(isFunction, "must be a function")),
  onObject: z.optional(z.custom<NonNullable<CollectOptions["onObject"]>>(isFunction, "must be a function")),
  signal: z.optional(signal),
});

type Parts = ManagerParts & { readonly source: { readonly shared: SharedReads } };

/** Deletes objects that have expired or are no longer needed. See `StorageManager.collect`. */
export async function collect(parts: Parts, options: CollectOptions): Promise<CollectReport> {
  const { prefix: below, live, ...given } = parseOptions(schema, options, "collect");
  const store = requireStore(parts.settings, "collect");
  const settings = settingsBelow(below, parts.settings, "collect");
  const { outputPrefix, inputPrefix, retention } = settings;
  for (const own of [outputPrefix, inputPrefix]) assertRouted(own, store, "collect");
  const { all, maxScan = retention.maxScan, maxDelete = retention.maxDelete, minAge = retention.minAge } = given;
  const limits: PassLimits = {
    minAge,
    maxScan: all && given.maxScan === undefined ? Infinity : maxScan,
    maxDelete: all && given.maxDelete === undefined ? Infinity : maxDelete,
  };
  const report = emptyReport(given.dryRun);
  const details: EventDetails = { store: store.name };
  const ownSignal = given.signal ?? new AbortController().signal;
  return parts.recorder.record("collect", details, async () => {
    const how = { ...given, signal: ownSignal, markers: new LoneMarkers(parts.settings) };
    const pass = new CollectorPass({ ...parts, settings }, store, limits, report, how);
    try {
      report.skipped = !(await pass.begin());
      if (report.skipped) return report;
      if (live !== undefined) pass.live = await follow(live, given, { ...parts, settings }, report, ownSignal);
      await pass.run();
      return report;
    } catch (error) {
      throw callFailure(error, ownSignal, { operation: "collect", store: store.name });
    } finally {
      Object.assign(details, eventDetails(report));
    }
  });
}

async function follow(
  payloads: Iterable<unknown> | AsyncIterable<unknown>,
  { allowEmpty, dryRun }: { allowEmpty: boolean; dryRun: boolean },
  parts: Parts,
  report: CollectReport,
  ownSignal: AbortSignal,
): Promise<{ objects: LivePayloads; hasBrake: boolean }> {
  const store = requireStore(parts.settings, "collect");
  const objects = await LivePayloads.follow(payloads, store, parts, report, ownSignal);
  if (objects.count === 0 && !allowEmpty) {
    const problem = "live: holds no payload, so that all would be deleted. If that is meant, say allowEmpty: true";
    throw invalidOptions("collect", problem);
  }
  return { objects, hasBrake: !allowEmpty && !dryRun };
}
