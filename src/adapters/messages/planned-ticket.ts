import type { OffloaderSettings } from "./options.js";

const ANY_BYTES = new Uint8Array(1);

/** A ticket as `dehydrate` would give for bytes in a scope, of the same length. No I/O. */
export function plannedTicket({ manager, ttl }: Pick<OffloaderSettings, "manager" | "ttl">, scope: string): unknown {
  return manager.plan(ANY_BYTES, { scope, ...(ttl !== undefined && { ttl }) }).value;
}
