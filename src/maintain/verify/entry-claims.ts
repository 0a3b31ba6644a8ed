import type { Spot } from "../../reference/find-references.js";
import type { ParsedReference } from "../../reference/reference.js";
import { isBinary } from "../../hydrate/decode-entry.js";
import { MAX_HELD } from "./object-body.js";

/** What a reference says about an entry, and where the reference stands first. */
export interface Claim {
  readonly reference: ParsedReference;
  readonly spot: Spot | undefined;
  readonly foundIn: string | undefined;
}

/** An entry to be read, with everything that references say about it. */
export class ClaimedEntry {
  readonly claims: Claim[] = [];
  declaredSize: number | undefined;
  /** Number of bytes that were read. */
  size = 0;
  private judged = 0;

  constructor(readonly key: string) {}

  /** The first reference to the entry. All references agree on where the entry lies. */
  get reference(): ParsedReference {
    return this.claims[0]!.reference;
  }

  /** The first claim that has no result yet. */
  get next(): Claim | undefined {
    return this.claims[this.judged];
  }

  /** Marks {@link ClaimedEntry.next} as a claim whose result is known. */
  take(): void {
    this.judged++;
  }

  /** Returns all claims that have no result yet, and marks them as done. */
  takeRest(): readonly Claim[] {
    const rest = this.claims.slice(this.judged);
    this.judged = this.claims.length;
    return rest;
  }

  add(claim: Claim): void {
    this.claims.push(claim);
    const { size } = claim.reference;
    if (size !== undefined && size > (this.declaredSize ?? -1)) this.declaredSize = size;
  }
}

/** Returns a key that is equal for references that say the same about the same entry. Only one of them is checked. */
export function claimKey(entryKey: string, reference: ParsedReference): string {
  const { dialect, size, digest, contentType, encoding, schema, schemaVersion } = reference;
  return JSON.stringify([entryKey, dialect, size, digest, contentType, encoding, schema, schemaVersion]);
}

/** Returns whether an entry is too long to be held in memory, and can be checked while it is read. */
export function isStreamed(reference: ParsedReference): boolean {
  return isBinary(reference) && reference.offset === undefined && (reference.size ?? 0) > MAX_HELD;
}

/**
 * Yields entries in groups. By the sizes in their references, a group has at most `maxBytes` bytes, or holds a single
 * larger entry.
 */
export function* inGroups(
  entries: readonly ClaimedEntry[],
  maxBytes: number,
): Generator<ClaimedEntry[], void, undefined> {
  let group: ClaimedEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.declaredSize ?? 0;
    if (group.length > 0 && bytes + size > maxBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(entry);
    bytes += size;
  }
  if (group.length > 0) yield group;
}
