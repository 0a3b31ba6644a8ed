import { AllowList } from "../reference/allow.js";
import type { Location } from "../location.js";
import { StorageError } from "../error.js";
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
export function admitLocation(location: Location, allowed: AllowList): void {
  if (location.target !== undefined) {
    throw new StorageError(
      "UNKNOWN_SCHEME",
      "A reference has a scheme, and the manager's store does not route by scheme.",
      { operation: "hydrate" },
    );
  }
  allowed.assertAllowed(location);
}
