import { isStorageError } from "../../errors/error.js";
import { earlyEnds, type LifecycleProblem } from "../../maintain/lifecycle/check-lifecycle.js";
import { retentionOf, type StorageManager } from "../../manager/storage-manager.js";
import { longestLife } from "../../object/expiry-label.js";
import { roleOf } from "../../object/reserved-names.js";
import { parseAllowPrefix } from "../../reference/allow.js";
import type { BucketLifecycle } from "../../store/drivers/bucket-lifecycle.js";
import type { CallOptions, Store } from "../../store/store.js";
import { FINE, type Told } from "./finding.js";

/** A driver that can read the rules of its bucket. */
interface Reading {
  readLifecycle(options: CallOptions): Promise<BucketLifecycle>;
}

// What the services call the right to read them.
const RIGHTS: Readonly<Record<string, string>> = { s3: "s3:GetLifecycleConfiguration", gcs: "storage.buckets.get" };

const BY_HAND = "look at them by coatcheck lifecycle --check FILE";

// Objects of a prefix whose labels are looked at, and rules that are told.
const MAX_LABELS = 1000;
const MAX_TOLD = 3;

/** How long payloads live. */
interface Lives {
  /** Paths that they lie below, each ending in a slash. */
  readonly prefixes: readonly string[];
  /** The longest of what ends by age, in milliseconds; 0 if nothing does. */
  readonly longest: number;
  /** Whether some live until they are released. */
  readonly isEndless: boolean;
}

/** Whether a store keeps objects where rules may end them. */
export function hasLifecycle(store: Store): boolean {
  return isReading(store) || store.name in RIGHTS || store.name === "azure";
}

/** Which rules of the bucket end payloads before their labels, or before the retention that the manager was given. */
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

/** What the manager was told, and what the labels of objects say that are there. */
async function livesOf(manager: StorageManager, signal: AbortSignal): Promise<Lives> {
  const { outputPrefix = "outputs", inputPrefix = "inputs", retention } = retentionOf(manager) ?? {};
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
