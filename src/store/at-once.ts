import { Shortcut } from "./shortcut.js";

/** What a store does without waiting for anything: no signal, no timer and no promise is needed for it. */
export interface AtOnce {
  /** Keeps bytes that never change any more, in place of what was there. */
  put(path: string, bytes: Uint8Array, contentType: string): void;
  /** The bytes of an object, which nobody must change; `undefined` when it is missing. */
  bytesOf(path: string): Uint8Array | undefined;
}

/** The stores that answer at once. */
export const AT_ONCE = new Shortcut<AtOnce>();
