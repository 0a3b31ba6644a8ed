import { LRUCache } from "lru-cache";
import type { ParsedReference } from "../../reference/reference.js";
import { type EntryBytes } from "../entry-bytes.js";
import { entryKey } from "../../reference/stored-entry.js";

interface CachedEntry {
  /** Object path, without scheme and container. */
  readonly path: string;
  readonly entry: EntryBytes;
}

// Bytes that an entry takes besides its content and its key.
const OVERHEAD = 512;

/**
 * Keeps the entries that were read last, by digest, size and the place they were read from. A caller that may not
 * read a place gets nothing from it, even if it knows the digest. The cache holds bytes of its own, never parts of
 * larger buffers, and never hands them to users.
 */
export class EntryCache {
  private readonly entries: LRUCache<string, CachedEntry>;
  private readonly maxEntrySize: number;
  private closed = false;

  /** Counts how often entries were forgotten. Entries that were read before the last time are no longer kept. */
  epoch = 0;

  constructor({ maxBytes, maxEntrySize }: { maxBytes: number; maxEntrySize?: number | undefined }) {
    this.maxEntrySize = maxEntrySize ?? Math.floor(maxBytes / 8);
    this.entries = new LRUCache<string, CachedEntry>({
      maxSize: maxBytes,
      // Strings take up to two bytes a character.
      sizeCalculation: ({ entry, path }, key) => OVERHEAD + entry.size + 2 * (key.length + path.length),
    });
  }

  /**
   * Returns the entry that a reference was made for. Without a digest it returns none, because the object may have
   * changed.
   */
  get(reference: ParsedReference): EntryBytes | undefined {
    const { digest } = reference;
    return digest === undefined ? undefined : this.entries.get(keyOf(reference, digest))?.entry;
  }

  /**
   * Keeps an entry, unless it is too large.
   *
   * @param entry what was read where `reference` points, with the digest computed from it
   * @param epoch the epoch before the read
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

  /** Forgets everything, and keeps nothing from now on. */
  close(): void {
    this.closed = true;
    this.entries.clear();
  }
}

function keyOf(reference: ParsedReference, digest: string): string {
  return `${digest}\n${entryKey(reference)}`;
}
