import { Shortcut } from "./shortcut.js";
import type { ReadOptions } from "./store.js";

/** The bytes of a read, all of them. */
export interface WholeBytes {
  /** The bytes. Nobody may change them. */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, if the read has computed it on the way. */
  readonly sha256?: Buffer | undefined;
}

/** A read that returns the whole content at once, and needs no stream. */
export interface WholeReads {
  /**
   * Reads as `read` does, with the same checks and errors. When the signal fires, the read stops, but need not reject
   * at once.
   *
   * @param onLength gets the number of bytes, before any of them is kept. What it throws ends the read.
   */
  readWhole(path: string, options: ReadOptions, onLength: (length: number) => void): Promise<WholeBytes>;
}

/** The stores that have such a read. */
export const WHOLE_READS = new Shortcut<WholeReads>();
