import { nodeModule } from "./node-module.js";
import type { Observers } from "./observer.js";

/*
 * Several managers may share a store. So a manager does not register its observers with the store. The observers
 * travel with each call, in the context of the code that runs asynchronously for it, and no other call meets them.
 */
type Context = InstanceType<NonNullable<ReturnType<typeof nodeModule<"node:async_hooks">>>["AsyncLocalStorage"]>;

/** No observers. */
export const NOBODY: Observers = [];

// Made by the first call that has observers. Until then no call looks for any.
let context: Context | undefined;

/** Returns the observers of the current call. Stores without their own observer notify them. */
export function observersOfCall(): Observers {
  return (context?.getStore() as Observers | undefined) ?? NOBODY;
}

/** Returns whether any call had observers yet. Before that, no call can meet the observers of another. */
export function callsHadObservers(): boolean {
  return context !== undefined;
}

/** Runs a call. Its stores then notify these observers. */
export function withObservers<T>(observers: Observers, call: () => T): T {
  if (context === undefined) {
    const hooks = observers.length === 0 ? undefined : nodeModule("node:async_hooks");
    if (hooks === undefined) return call();
    context = new hooks.AsyncLocalStorage();
  }
  return observersOfCall() === observers ? call() : context.run(observers, call);
}
