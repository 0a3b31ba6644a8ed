import { types } from "node:util";

/**
 * Classes whose stores keep the contract of a store by themselves. A class that is derived from one is not among
 * them.
 */
const prototypes = new WeakSet<object>();

/** Declares that stores of exactly this class keep the contract, and fail with a `StorageError` only. */
export function declareOwnStore({ prototype }: { readonly prototype: object }): void {
  prototypes.add(prototype);
}

/**
 * Whether the store is an unchanged instance of a class of this library. It is no proxy, and none of its methods is
 * replaced.
 */
export function isOwnStore(store: object): boolean {
  if (types.isProxy(store)) return false;
  const prototype: unknown = Object.getPrototypeOf(store);
  if (typeof prototype !== "object" || prototype === null || !prototypes.has(prototype)) return false;
  return !Object.getOwnPropertyNames(store).some((name) => name in prototype);
}
