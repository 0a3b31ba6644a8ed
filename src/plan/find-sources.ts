import { types } from "node:util";
import { asPayloadSource, type StreamSource } from "./source.js";

// A proxy may return new objects for ever. Payloads that are made of proxies, such as drafts of a state, have fewer.
const MAX_PROXIES = 10_000;

/**
 * Finds the Blobs and streams of a payload that can't be planned, so that they can be closed. It also finds those
 * beyond the place of the error, and those in a `Map` or `Set`, which can't be stored.
 *
 * Each object is looked at once. No getter or `toJSON` runs. Proxies may never end, so only the first 10,000 count.
 */
export function findSources(payload: unknown): Set<StreamSource> {
  const found = new Set<StreamSource>();
  const seen = new Set<unknown>();
  const open = [payload];
  let proxies = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    if (types.isProxy(value) && ++proxies > MAX_PROXIES) continue;
    seen.add(value);
    try {
      const source = asPayloadSource(value);
      if (source === undefined) pushChildren(value, open);
      else if (!(source instanceof Uint8Array)) found.add(source);
    } catch {
      // A proxy threw, or bytes are gone. There is nothing to close in this value.
    }
  }
  return found;
}

function pushChildren(value: object, open: unknown[]): void {
  if (types.isMap(value)) {
    for (const [key, item] of value) open.push(key, item);
  } else if (types.isSet(value)) {
    for (const item of value) open.push(item);
  } else if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (typeof item === "object") open.push(item);
  } else if (typeof (value as { toJSON?: unknown }).toJSON !== "function") {
    for (const key of Object.keys(value)) open.push(Object.getOwnPropertyDescriptor(value, key)?.value);
  }
}
