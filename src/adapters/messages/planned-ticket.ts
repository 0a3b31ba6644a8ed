import type { OffloaderSettings } from "./options.js";

const ANY_BYTES = new Uint8Array(1);

/** Returns a ticket like that of `dehydrate` for bytes in a scope, with the same length. No I/O. */
export function plannedTicket({ manager, ttl }: Pick<OffloaderSettings, "manager" | "ttl">, scope: string): unknown {
  return manager.plan(ANY_BYTES, { scope, ...(ttl !== undefined && { ttl }) }).value;
}
