import { LRUCache } from "lru-cache";
import type { ParsedReference } from "../../reference/reference.js";
import { type EntryBytes } from "../entry-bytes.js";
import { entryKey } from "../../reference/stored-entry.js";

interface CachedEntry {
  /** Object path, without scheme and container. */
  readonly path: string;
  readonly entry: EntryBytes;
}

// Bytes that an entry takes beside its content and its key.
const OVERHEAD = 512;

/**
 * Keeps the entries that were read last, by digest, size and the place they were read from: who may not read a place
 * gets nothing from it, though they know the digest of what lies there. It holds bytes of its own, none of a larger
 * buffer, and never hands them to users.
 */
export class EntryCache {
  private readonly entries: LRUCache<string, CachedEntry>;
  private readonly maxEntrySize: number;
  private closed = false;

  /** Counts up when entries are forgotten: what was read before that is not kept any more. */
  epoch = 0;

  constructor({ maxBytes, maxEntrySize }: { maxBytes: number; maxEntrySize?: number | undefined }) {
    this.maxEntrySize = maxEntrySize ?? Math.floor(maxBytes / 8);
    this.entries = new LRUCache<string, CachedEntry>({
      maxSize: maxBytes,
      // Strings take up to two bytes a character.
      sizeCalculation: ({ entry, path }, key) => OVERHEAD + entry.size + 2 * (key.length + path.length),
    });
  }

  /** The entry that a reference was made for. None without a digest: the object may have changed since. */
  get(reference: ParsedReference): EntryBytes | undefined {
    const { digest } = reference;
    return digest === undefined ? undefined : this.entries.get(keyOf(reference, digest))?.entry;
  }

  /**
   * Keeps an entry, or not, if it is large.
   *
   * @param entry what was read where `reference` says, its digest computed from it
   * @param epoch that of the time before it was read
   */
  set(reference: ParsedReference, entry: EntryBytes, epoch: number): void {
    if (this.closed || epoch !== this.epoch || entry.size > this.maxEntrySize) return;
    const { path } = reference.location;
    const key = keyOf(reference, entry.digest);
    if (this.entries.has(key)) return;
    this.entries.set(key, { path, entry: { ...entry, bytes: new Uint8Array(entry.bytes) } });
  }

  /** Forgets the entries of some objects. */
  forget(isGone: (path: string) => boolean): void {
    this.epoch++;
    const gone = [...this.entries.entries()].filter(([, { path }]) => isGone(path));
    for (const [key] of gone) this.entries.delete(key);
  }

  /** Forgets everything, and keeps nothing any more. */
  close(): void {
    this.closed = true;
    this.entries.clear();
  }
}

function keyOf(reference: ParsedReference, digest: string): string {
  return `${digest}\n${entryKey(reference)}`;
}
