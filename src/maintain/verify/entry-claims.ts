import type { Spot } from "../../reference/find-references.js";
import type { ParsedReference } from "../../reference/reference.js";
import { isBinary } from "../../hydrate/decode-entry.js";
import { MAX_HELD } from "./object-body.js";

/** What a reference says of an entry, where it stands first. */
export interface Claim {
  readonly reference: ParsedReference;
  readonly spot: Spot | undefined;
  readonly foundIn: string | undefined;
}

/** An entry that is to be read, and all that references say of it. */
export class ClaimedEntry {
  readonly claims: Claim[] = [];
  declaredSize: number | undefined;
  /** Bytes that were read. */
  size = 0;
  private judged = 0;

  constructor(readonly key: string) {}

  /** That of the first. All say the same of where the entry lies. */
  get reference(): ParsedReference {
    return this.claims[0]!.reference;
  }

  /** The first that nothing was said of yet. */
  get next(): Claim | undefined {
    return this.claims[this.judged];
  }

  /** Takes note that it is known what is to be said of {@link ClaimedEntry.next}. */
  take(): void {
    this.judged++;
  }

  /** All that nothing was said of yet. */
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

/** The same for references that say the same of the same entry: one of them is looked at. */
export function claimKey(entryKey: string, reference: ParsedReference): string {
  const { dialect, size, digest, contentType, encoding, schema, schemaVersion } = reference;
  return JSON.stringify([entryKey, dialect, size, digest, contentType, encoding, schema, schemaVersion]);
}

/** Whether an entry is too long to be held, and can be checked as it is read. */
export function isStreamed(reference: ParsedReference): boolean {
  return isBinary(reference) && reference.offset === undefined && (reference.size ?? 0) > MAX_HELD;
}

/** Entries in groups that have at most so many bytes each, as far as references say; or one that has more. */
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
