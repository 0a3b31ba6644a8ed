import type { ObjectInfo } from "../../store.js";
import type { StorageError } from "../../../errors/error.js";
import type { Replica } from "../replicas/replica.js";
import type { Acknowledge } from "./options.js";

/** What one store was found to hold. */
export type Finding =
  | { readonly replica: Replica; readonly state: "missing" }
  | { readonly replica: Replica; readonly state: "failed"; readonly error: StorageError }
  | {
      readonly replica: Replica;
      readonly state: "present";
      readonly info: ObjectInfo;
      /** The digest of the bytes, as they were read. */
      readonly digest: string;
      /** The digest that the path or the object itself claims. */
      readonly claimed: string | undefined;
      /** Whether this store is known to have missed an acknowledged write. */
      readonly outdated: boolean;
    };

/** The rules that decide between copies that differ. */
export interface JudgeRules {
  /** The digest that the object must have, when the path tells it. */
  readonly told: string | undefined;
  readonly acknowledge: Acknowledge;
  /** Whether the newest copy is the right one if no other rule decides. */
  readonly newest: boolean;
}

type Present = Extract<Finding, { state: "present" }>;

/**
 * Returns the digest of the right version, or `undefined` when no rule can tell it. A copy is no candidate if its
 * bytes do not have the digest that it claims, or if it is known to be out of date. Among the candidates, the first
 * rule that applies decides:
 *
 * 1. The version with the digest that the path tells.
 * 2. The version that all candidates hold, if every store could be read. A store that could not be read may hold what
 *    was written last.
 * 3. The version that more than half of all stores hold, since no other version can have been acknowledged. This rule
 *    does not apply if one store is enough to acknowledge a write.
 * 4. The newest version, if the caller asked for it. This needs three things: every store could be read, every copy
 *    tells its time, and no two versions have the same time.
 */
export function rightDigest(
  findings: readonly Finding[],
  { told, acknowledge, newest }: JudgeRules,
): string | undefined {
  const candidates = findings.filter((finding): finding is Present => finding.state === "present" && isSound(finding));
  const copies = new Map<string, number>();
  for (const { digest } of candidates) copies.set(digest, (copies.get(digest) ?? 0) + 1);
  if (told !== undefined) return copies.has(told) ? told : undefined;
  const allRead = findings.every(({ state }) => state !== "failed");
  if (allRead && copies.size === 1) return candidates[0]!.digest;
  if (acknowledge !== "first") {
    for (const [digest, count] of copies) if (count > findings.length / 2) return digest;
  }
  return newest && allRead ? newestOf(candidates) : undefined;
}

/** Whether the bytes are what they claim to be, and not known to be out of date. */
export function isSound({ digest, claimed, outdated }: Present): boolean {
  return !outdated && (claimed === undefined || claimed === digest);
}

function newestOf(candidates: readonly Present[]): string | undefined {
  const times = candidates.map(({ info }) => info.lastModified?.getTime());
  if (times.some((time) => time === undefined || Number.isNaN(time))) return undefined;
  const latest = Math.max(...(times as number[]));
  const digests = new Set(candidates.filter((_, i) => times[i] === latest).map(({ digest }) => digest));
  return digests.size === 1 ? [...digests][0] : undefined;
}
