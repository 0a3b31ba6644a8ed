import { types } from "node:util";

/** Classes whose stores keep the contract of a store by themselves. A class that is derived from one is not among them. */
const prototypes = new WeakSet<object>();

/** Says that stores of just this class answer as the contract says, and fail with a `StorageError` only. */
export function declareOwnStore({ prototype }: { readonly prototype: object }): void {
  prototypes.add(prototype);
}

/** Whether it is a store of a class of ours, as that made it: no proxy of one, and none of its methods replaced. */
export function isOwnStore(store: object): boolean {
  if (types.isProxy(store)) return false;
  const prototype: unknown = Object.getPrototypeOf(store);
  if (typeof prototype !== "object" || prototype === null || !prototypes.has(prototype)) return false;
  return !Object.getOwnPropertyNames(store).some((name) => name in prototype);
}
