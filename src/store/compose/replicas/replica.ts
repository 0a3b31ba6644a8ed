import { storeField } from "../../is-store.js";
import * as z from "zod/mini";
import { guardedStore } from "../../guard/guarded-store.js";
import type { Store } from "../../store.js";

/** One of the stores that hold copies of the same objects. */
export interface Replica {
  /** The name that the user gave the store. */
  readonly name: string;
  readonly store: Store;
  /** Place of the store in the user's order. */
  readonly index: number;
}

/** The option `stores`: names and stores, at least one, in the order in which they are asked. */
export const storesSchema = z.pipe(
  // zod leaves this key out of a record without an error, and a store must not be left out.
  z.custom<Record<string, Store>>((stores) => !hasProtoKey(stores), "must not hold a store named __proto__"),
  z
    .record(z.string().check(z.minLength(1, "must have a name")), storeField)
    .check(z.refine((stores) => Object.keys(stores).length > 0, "must hold at least one store")),
);

export function replicasOf(stores: Readonly<Record<string, Store>>): readonly Replica[] {
  return Object.entries(stores).map(([name, store], index) => ({ name, store: guardedStore(store), index }));
}

/**
 * Closes all stores, even if one of them fails to close. Then it rejects with the first error in the order of the
 * stores.
 *
 * @param idle resolves once a store may be closed; default: at once
 */
export async function closeReplicas(
  replicas: readonly Replica[],
  idle?: (replica: Replica) => Promise<void>,
): Promise<void> {
  const closeOne = async (replica: Replica): Promise<void> => {
    await idle?.(replica);
    await replica.store.close();
  };
  const closed = await Promise.allSettled(replicas.map(closeOne));
  for (const result of closed) if (result.status === "rejected") throw result.reason;
}

/** Whether every store takes paths of this scheme. */
export function allRoute(replicas: readonly Replica[], scheme: string): boolean {
  return replicas.every(({ store }) => store.routes?.(scheme) === true);
}

function hasProtoKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "__proto__");
}
