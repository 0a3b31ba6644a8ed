import type { Capability, CapableStore } from "../../capability.js";
import { schemeOf } from "../../../location.js";

const EVERYTHING: Readonly<Capability> = Object.freeze({
  read: true,
  write: true,
  stat: true,
  delete: true,
  list: true,
  copy: true,
  presign: true,
  rangeRead: true,
  ifNoneMatch: true,
  ifMatch: true,
  deleteIfMatch: true,
  metadata: true,
  contentType: true,
});

/**
 * What a layer checks a call against. Over a store that routes, `capability` is that of its primary; what can be done
 * with an absolute path only the store that it leads to knows, and refuses what it can't.
 */
export function checked(store: CapableStore, ...paths: readonly string[]): CapableStore {
  // A path that is no string is for the check to refuse.
  const isAbsolute = paths.some((path: unknown) => typeof path === "string" && schemeOf(path) !== undefined);
  if (!isAbsolute) return store;
  return { name: store.name, capability: EVERYTHING, routes: (scheme) => store.routes?.(scheme) ?? false };
}
