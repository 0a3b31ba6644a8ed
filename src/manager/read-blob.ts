import { abortable } from "../store/abort.js";
import type { ReadOptions, Store } from "../store/store.js";
import { giveUp } from "./give-up.js";

/** Reads an object whole. A body that nobody wants any more is given back. */
export async function readBlob(
  store: Store,
  path: string,
  options: ReadOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const read = store.read(path, { ...options, signal });
  const result = await abortable(read, signal, (late) => late.cancel());
  try {
    return await abortable(result.bytes(), signal);
  } finally {
    giveUp(() => result.cancel());
  }
}
