import { isOwnStore } from "./guard/own-stores.js";
import type { Store } from "./store.js";

/** What a store does without waiting for anything: no signal, no timer and no promise is needed for it. */
export interface AtOnce {
  /** Keeps bytes that never change any more, in place of what was there. */
  put(path: string, bytes: Uint8Array, contentType: string): void;
  /** The bytes of an object, which nobody must change; `undefined` when it is missing. */
  bytesOf(path: string): Uint8Array | undefined;
}

/** The methods of a class that answers at once by others. */
export interface Verbs {
  readonly read: unknown;
  readonly write: unknown;
}

/** Those of a class as it was made. */
export function verbsOf(prototype: object): Verbs {
  return { read: Reflect.get(prototype, "read"), write: Reflect.get(prototype, "write") };
}

const known = new WeakMap<Store, { readonly answers: AtOnce; readonly verbs: Verbs }>();

/**
 * Says that a store of ours answers at once.
 *
 * @param verbs those of its class, which it must still have
 */
export function declareAtOnce(store: Store, answers: AtOnce, verbs: Verbs): void {
  known.set(store, { answers, verbs });
}

/**
 * How to ask a store that answers at once. `undefined` for all others, among them those of a derived class, and those of
 * which a method was replaced: whoever did that is to be heard.
 */
export function answersAtOnce(store: Store): AtOnce | undefined {
  const { answers, verbs } = known.get(store) ?? {};
  if (answers === undefined || !isOwnStore(store)) return undefined;
  return store.read === verbs?.read && store.write === verbs.write ? answers : undefined;
}
