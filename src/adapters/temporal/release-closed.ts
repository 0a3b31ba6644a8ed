import type { Client } from "@temporalio/client";
import * as z from "zod/mini";
import { systemClock, type Clock } from "../../async/clock.js";
import { forEachConcurrent } from "../../async/concurrency.js";
import { count, prefix, signal, text } from "../../configure/fields.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { scopePath } from "../../object/scope-path.js";
import { clock, hasMethods } from "../../options/fields.js";
import { invalidOptions, parseOptions } from "../../options/parse-options.js";
import type { CallOptions } from "../../store/store.js";
import { isObject } from "../../json/is-object.js";
import { engineFields } from "../messages/engine-fields.js";

/** Options of {@link releaseClosed}. */
export interface ReleaseClosedOptions extends CallOptions {
  /** A client of the namespace. */
  client: Pick<Client, "workflow">;
  manager: StorageManager;
  namespace: string;
  /** The manager's `outputPrefix`, default `"outputs"`. */
  prefix?: string | undefined;
  /**
   * Age in milliseconds below which a workflow's payloads stay, default 86400000 (24 h). A client stores payloads
   * before it starts a workflow.
   */
  minAge?: number | undefined;
  /** Deletes nothing, and reports what would be deleted; default false. */
  dryRun?: boolean | undefined;
  /** Clock for the age. Default: the system clock. */
  clock?: Clock | undefined;
}

/** Report of {@link releaseClosed}. */
export interface ReleaseClosedReport {
  /** Number of deleted objects. */
  deleted: number;
  /** Ids of the workflows whose payloads were deleted. */
  workflows: string[];
  /** Number of workflows that the namespace still knows, or that have payloads younger than `minAge`. */
  kept: number;
  /**
   * Number of workflows whose ids have more than 128 bytes. Their scopes do not reveal the id, so their payloads end
   * by their `ttl`.
   */
  unknown: number;
}

const AT_A_TIME = 8;
const schema = z.strictObject({
  client: z.custom<ReleaseClosedOptions["client"]>(
    (value) => isObject(value) && hasMethods("getHandle")(value["workflow"]),
    "must be a Client",
  ),
  manager: engineFields.manager,
  namespace: text,
  prefix: z._default(prefix, "outputs"),
  minAge: z._default(count, 86_400_000),
  dryRun: z._default(z.boolean(), false),
  clock: z._default(clock, () => systemClock),
  signal: z.optional(signal),
});

/**
 * Deletes the payloads of workflows that their namespace no longer knows. Their retention is over, so no history,
 * reset or query can need the payloads. Run it once a day. It reads the scopes that {@link temporalStorageDriver}
 * makes by default. If a workflow id is used again, the payloads of its earlier runs stay.
 *
 * @throws {StorageError} `CONFIG_INVALID`, also for a client of another namespace; as `usage` and `release` do; also
 *   the errors of the client. Nothing more is deleted then.
 * @example
 * const { deleted } = await releaseClosed({ client, manager, namespace: "default" });
 */
export async function releaseClosed(options: ReleaseClosedOptions): Promise<ReleaseClosedReport> {
  const { client, manager, namespace, signal: own, ...how } = parseOptions(schema, options, "releaseClosed");
  const { workflow } = client;
  // A client of another namespace would not find the workflows, and their payloads would be deleted.
  const ofClient = (workflow as { options?: { namespace?: string } }).options?.namespace;
  if (ofClient !== undefined && ofClient !== namespace) {
    throw invalidOptions("releaseClosed", "client: must be one of the namespace");
  }
  const below = `${how.prefix}/${scopePath("temporal", namespace, "workflow")}`;
  const newest = new Map<string, number>();
  const call = own === undefined ? {} : { signal: own };
  for await (const scope of manager.usage(below, call)) {
    const part = scope.scope.split("/", 1)[0]!;
    newest.set(part, Math.max(newest.get(part) ?? 0, scope.newest.getTime()));
  }
  const report: ReleaseClosedReport = { deleted: 0, workflows: [], kept: 0, unknown: 0 };
  const young = how.clock.now() - how.minAge;
  await forEachConcurrent([...newest], AT_A_TIME, own ?? new AbortController().signal, async ([part, written]) => {
    const id = idOf(part);
    if (id === undefined) report.unknown++;
    // The negation also keeps workflows whose time is unknown, since they may be young.
    else if (!(written <= young) || (await isKnown(workflow, id))) report.kept++;
    else {
      const { deleted } = await manager.release(part, { ...call, prefix: below, dryRun: how.dryRun });
      report.deleted += deleted;
      report.workflows.push(id);
    }
  });
  report.workflows.sort();
  return report;
}

/** Returns the workflow id of a part of a scope. `undefined` if the part is a hash. */
function idOf(part: string): string | undefined {
  if (part.startsWith("~") || part === "_") return undefined;
  return decodeURIComponent(part);
}

async function isKnown(workflow: ReleaseClosedOptions["client"]["workflow"], id: string): Promise<boolean> {
  try {
    await workflow.getHandle(id).describe();
    return true;
  } catch (error) {
    // The name is compared, since there may be several copies of the class. A missing namespace gives another error.
    if ((error as Error | undefined)?.name === "WorkflowNotFoundError") return false;
    throw error;
  }
}
