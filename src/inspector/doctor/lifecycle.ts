import { isStorageError } from "../../errors/error.js";
import { earlyEnds, type LifecycleProblem } from "../../maintain/lifecycle/check-lifecycle.js";
import { settingsOf, type StorageManager } from "../../manager/storage-manager.js";
import { longestLife } from "../../object/expiry-label.js";
import { roleOf } from "../../object/reserved-names.js";
import { parseAllowPrefix } from "../../reference/allow.js";
import type { BucketLifecycle } from "../../store/drivers/bucket-lifecycle.js";
import type { CallOptions, Store } from "../../store/store.js";
import { FINE, type Told } from "./finding.js";

/** A driver that can read the lifecycle rules of its bucket. */
interface Reading {
  readLifecycle(options: CallOptions): Promise<BucketLifecycle>;
}

// The right to read lifecycle rules, in the words of each service.
const RIGHTS: Readonly<Record<string, string>> = { s3: "s3:GetLifecycleConfiguration", gcs: "storage.buckets.get" };

const BY_HAND = "look at them by coatcheck lifecycle --check FILE";

// Most objects per prefix whose labels are read, and most rules that a note names.
const MAX_LABELS = 1000;
const MAX_TOLD = 3;

/** How long payloads live. */
interface Lives {
  /** Prefixes of the payloads' paths, each ending in a slash. */
  readonly prefixes: readonly string[];
  /** Longest life of payloads that end by age, in milliseconds. 0 if no payload ends by age. */
  readonly longest: number;
  /** Whether some payloads live until their release. */
  readonly isEndless: boolean;
}

/** Says whether lifecycle rules may end objects of a store. */
export function hasLifecycle(store: Store): boolean {
  return isReading(store) || store.name in RIGHTS || store.name === "azure";
}

/**
 * Finds rules of the bucket that end payloads too early. Too early is before the payloads' labels, or before the
 * retention in the manager's options.
 */
export async function lifecycle(manager: StorageManager, store: Store, signal: AbortSignal): Promise<Told> {
  if (store.name === "azure") return note(`the rules are those of the account: ${BY_HAND}`);
  if (!isReading(store)) return note(`a layer stands before the rules: ${BY_HAND}`);
  try {
    const { rules, prefix } = await store.readLifecycle({ signal });
    if (rules.length === 0) return { ...FINE, note: "there are no rules" };
    const { prefixes, longest, isEndless } = await livesOf(manager, signal);
    const within = (life: number): LifecycleProblem[] =>
      prefixes.flatMap((below) => earlyEnds(rules, prefix + below, life));
    const early = within(longest);
    if (early.length > 0) return { seen: false, verdict: "wrong", note: told(early) };
    const sooner = isEndless ? within(Infinity) : [];
    return sooner.length > 0 ? note(told(sooner)) : FINE;
  } catch (error) {
    if (signal.aborted || !isStorageError(error)) throw error;
    return note(unreadable(store.name, error.code));
  }
}

function isReading(store: Store): store is Store & Reading {
  return typeof (store as Partial<Reading>).readLifecycle === "function";
}

/** Reads the lives of payloads from the manager's options and from the labels of existing objects. */
async function livesOf(manager: StorageManager, signal: AbortSignal): Promise<Lives> {
  const { outputPrefix = "outputs", inputPrefix = "inputs", retention } = settingsOf(manager) ?? {};
  const ttls = retention === undefined ? [] : [retention.ttl, ...retention.policies.map(({ ttl }) => ttl)];
  let longest = Math.max(0, ...ttls.map((ttl) => (ttl === "never" ? 0 : longestLife(ttl))));
  for (const prefix of [outputPrefix, inputPrefix]) {
    for await (const { path, lastModified } of manager.list(`${prefix}/`, { limit: MAX_LABELS, signal })) {
      const { expires } = roleOf(path);
      if (expires !== undefined && lastModified !== undefined)
        longest = Math.max(longest, expires - lastModified.getTime());
    }
  }
  const prefixes = [outputPrefix, inputPrefix].map((prefix) => `${parseAllowPrefix(prefix).path}/`);
  return { prefixes, longest, isEndless: ttls.includes("never") };
}

function told(problems: readonly LifecycleProblem[]): string {
  const lines = [...new Set(problems.map(({ rule, why }) => `${rule}: ${why}`))];
  const more = lines.length - MAX_TOLD;
  return lines.slice(0, MAX_TOLD).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

function unreadable(store: string, code: string): string {
  if (code === "UNSUPPORTED") return "the server has no lifecycle rules";
  const right = code === "PERMISSION_DENIED" ? ` (${RIGHTS[store] ?? "of its owner"})` : "";
  return `these credentials can't read the lifecycle rules: ${code}${right}; ${BY_HAND}`;
}

function note(text: string): Told {
  return { verdict: "note", note: text };
}
