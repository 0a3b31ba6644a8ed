import type { AllowList } from "../reference/allow.js";
import { schemeOf, type Location } from "../paths/location.js";
import { StorageError } from "../errors/error.js";
import type { Store } from "../store/store.js";

/**
 * Refuses, before any I/O, a location that a reference must not point at.
 *
 * @throws {StorageError} `UNKNOWN_SCHEME`, `REFERENCE_DENIED`
 */
export function admitLocation(
  location: Location,
  allowed: AllowList,
  store: Store | undefined,
  operation = "hydrate",
): void {
  if (location.target !== undefined && !routes(store, location.target.scheme)) {
    throw unknownScheme("A reference", operation, store);
  }
  allowed.assertAllowed(location, operation);
}

/**
 * Refuses, before any I/O, a prefix that the store can't route.
 *
 * @throws {StorageError} `UNKNOWN_SCHEME`
 */
export function assertRouted(prefix: string, store: Store, operation: string): void {
  const scheme = schemeOf(prefix);
  if (scheme !== undefined && !routes(store, scheme)) throw unknownScheme("A prefix", operation, store);
}

function routes(store: Store | undefined, scheme: string): boolean {
  return store?.routes?.(scheme) === true;
}

// The message does not repeat the scheme, which may come from anywhere.
function unknownScheme(what: string, operation: string, store: Store | undefined): StorageError {
  const routing = store?.schemes;
  const why =
    routing === undefined
      ? "the manager's store does not route; give it a RoutingStore, which routes by scheme"
      : `no store answers to; the schemes that are known: ${routing.join(", ")}`;
  return new StorageError("UNKNOWN_SCHEME", `${what} has a scheme that ${why}.`, { operation });
}
