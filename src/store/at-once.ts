import { Shortcut } from "./shortcut.js";

/** Operations that a store does without waiting. They need no signal, no timer and no promise. */
export interface AtOnce {
  /** Keeps bytes that never change any more, in place of what was there. */
  put(path: string, bytes: Uint8Array, contentType: string): void;
  /** Returns the bytes of an object, which nobody may change. Returns `undefined` when it is missing. */
  bytesOf(path: string): Uint8Array | undefined;
}

/** The stores that have these operations. */
export const AT_ONCE = new Shortcut<AtOnce>();
