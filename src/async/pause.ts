import { abortable } from "./abort.js";
import type { Clock } from "./clock.js";
import type { StorageErrorDetails } from "../errors/error.js";

/**
 * Waits for so many milliseconds. Leaves no timer behind.
 *
 * @throws {StorageError} `ABORTED` as soon as the signal fires
 */
export async function pause(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal | undefined,
  details?: StorageErrorDetails,
): Promise<void> {
  let timer: unknown;
  try {
    const waited = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, milliseconds)));
    await abortable(waited, signal, details);
  } finally {
    clock.clearTimeout(timer);
  }
}
