import { nodeModule } from "./node-module.js";
import type { Observers } from "./observer.js";

/*
 * A store may be that of several managers. So a manager does not leave its observers with the store: they go along with
 * each call, in the context of what runs asynchronously for it, and no other call meets them.
 */
type Context = InstanceType<NonNullable<ReturnType<typeof nodeModule<"node:async_hooks">>>["AsyncLocalStorage"]>;

/** No observers. */
export const NOBODY: Observers = [];

// Made by the first call that has observers: until then no call looks for any.
let context: Context | undefined;

/** Whom the stores of a call tell that have no observer of their own. */
export function observersOfCall(): Observers {
  return (context?.getStore() as Observers | undefined) ?? NOBODY;
}

/** Whether any call had observers yet: before, none can meet those of another. */
export function callsHadObservers(): boolean {
  return context !== undefined;
}

/** Runs a call, whose stores then tell these observers. */
export function withObservers<T>(observers: Observers, call: () => T): T {
  if (context === undefined) {
    const hooks = observers.length === 0 ? undefined : nodeModule("node:async_hooks");
    if (hooks === undefined) return call();
    context = new hooks.AsyncLocalStorage();
  }
  return observersOfCall() === observers ? call() : context.run(observers, call);
}
