import { Shortcut } from "./shortcut.js";
import type { ReadOptions } from "./store.js";

/** What a read has brought, all of it. */
export interface WholeBytes {
  /** Nobody must change them. */
  readonly bytes: Uint8Array;
  /** Their SHA-256, if it was found out on the way. */
  readonly sha256?: Buffer | undefined;
}

/** What a store does that hands on what it reads as a whole: no stream is needed for it. */
export interface WholeReads {
  /**
   * Reads as `read` does, with the same checks and errors. When the signal fires it stops, but it need not tell at once.
   *
   * @param onLength is told how many bytes come, before any is kept. What it throws ends the read
   */
  readWhole(path: string, options: ReadOptions, onLength: (length: number) => void): Promise<WholeBytes>;
}

/** The stores that read so. */
export const WHOLE_READS = new Shortcut<WholeReads>();
