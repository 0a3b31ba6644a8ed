import { AllowList } from "../reference/allow.js";
import { schemeOf, type Location } from "../location.js";
import { StorageError } from "../error.js";
import type { Store } from "../store/store.js";
import type { ManagerSettings } from "./settings.js";

/** What a manager may read: what is below its own prefixes, and what is allowed besides. */
export function allowListOf(settings: Pick<ManagerSettings, "outputPrefix" | "inputPrefix" | "allow">): AllowList {
  return new AllowList([settings.outputPrefix, settings.inputPrefix, ...settings.allow]);
}

/**
 * Refuses, before any I/O, what a reference must not point at.
 *
 * @throws {StorageError} `UNKNOWN_SCHEME`, `REFERENCE_DENIED`
 */
export function admitLocation(location: Location, allowed: AllowList, store: Store | undefined): void {
  if (location.target !== undefined && !routes(store, location.target.scheme)) {
    throw unknownScheme("A reference", "hydrate");
  }
  allowed.assertAllowed(location);
}

/**
 * Refuses, before any I/O, a prefix that the store has no way to.
 *
 * @throws {StorageError} `UNKNOWN_SCHEME`
 */
export function assertRouted(prefix: string, store: Store, operation: string): void {
  const scheme = schemeOf(prefix);
  if (scheme !== undefined && !routes(store, scheme)) throw unknownScheme("A prefix", operation);
}

function routes(store: Store | undefined, scheme: string): boolean {
  return store?.routes?.(scheme) === true;
}

function unknownScheme(what: string, operation: string): StorageError {
  const message = `${what} has a scheme that the manager's store does not route; a RoutingStore routes by scheme.`;
  return new StorageError("UNKNOWN_SCHEME", message, { operation });
}
