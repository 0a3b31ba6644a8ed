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
      /** Of the bytes, as they were read. */
      readonly digest: string;
      /** What the path or the object itself says that it should be. */
      readonly claimed: string | undefined;
      /** Whether an acknowledged write is known not to have come here. */
      readonly outdated: boolean;
    };

/** What decides between copies that differ. */
export interface JudgeRules {
  /** The digest that the object must have, when the path tells it. */
  readonly told: string | undefined;
  readonly acknowledge: Acknowledge;
  /** Whether the newest copy is the right one where nothing else decides. */
  readonly newest: boolean;
}

type Present = Extract<Finding, { state: "present" }>;

/**
 * The digest of the right version, or `undefined` when that can't be told. A copy whose bytes are not what they claim to
 * be, or that is known to be out of date, is no candidate. Of the others:
 *
 * 1. the one with the digest that the path tells;
 * 2. the one that all of them are, if every store could be read: one that could not may hold what was written last;
 * 3. the one that more than half of all stores hold, since no other can have been acknowledged; not where one store is
 *    enough to acknowledge a write;
 * 4. the newest, if asked for, where every store could be read, every copy tells its time, and no two versions have the
 *    same.
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
