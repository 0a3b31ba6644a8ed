import { StorageError } from "../errors/error.js";
import { splitLocation, type Location } from "../paths/location.js";
import { assertPath, assertPrefix, invalidPath } from "../paths/path.js";
import { AllowList, parseAllowPrefix } from "../reference/allow.js";
import type { ManagerSettings } from "./settings.js";

/** What says where a manager's own objects lie, and whether it must stay there. */
export type Confinement = Pick<ManagerSettings, "tenant" | "outputPrefix" | "inputPrefix">;

/**
 * Keeps the manager of a tenant to its own prefixes; other managers go where they are told to.
 *
 * @param store name of the store, for errors
 * @throws {StorageError} `INVALID_PATH`, `REFERENCE_DENIED`
 */
export function assertOwnPath(path: string, settings: Confinement, operation: string, store: string): void {
  if (settings.tenant === undefined) return;
  const location = locationOf(path, "object path", operation, store, assertPath);
  if (!ownPrefixes(settings).admits(location))
    throw denied("The path lies outside of the prefixes of the tenant; begin it with one of them", operation, store);
}

/**
 * The same for the prefix of a listing, which is no path but the beginning of some: `outputs/a` is that of `outputs/ab/x`
 * too, so the tenant's prefix and the slash behind it must be there.
 *
 * @throws {StorageError} `INVALID_PATH`, `REFERENCE_DENIED`
 */
export function assertOwnListing(prefix: string, settings: Confinement, store: string): void {
  if (settings.tenant === undefined) return;
  const { target, path } = locationOf(prefix, "prefix", "list", store, assertPrefix);
  // Whole segments only: what stands behind the last slash may go on.
  const location = { path: path.slice(0, Math.max(path.lastIndexOf("/"), 0)), ...(target && { target }) };
  if (!ownPrefixes(settings).admits(location)) {
    throw denied("A listing of a tenant must begin with one of its prefixes and a slash", "list", store);
  }
}

/**
 * The same for the prefixes in an option of a call.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function assertOwnPrefixes(
  option: string,
  prefixes: readonly string[],
  settings: Confinement,
  operation: string,
): void {
  if (settings.tenant === undefined) return;
  const own = ownPrefixes(settings);
  if (prefixes.every((prefix) => own.admits(parseAllowPrefix(prefix)))) return;
  const message = `The options of ${operation} are not valid. ${option}: leads out of the prefixes of the tenant.`;
  throw new StorageError("CONFIG_INVALID", message, { operation: "configure" });
}

/**
 * Refuses a prefix that a call names and this manager may not read: what it writes there would be refused by its own
 * hydration.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function assertReadablePrefix(
  prefix: string,
  settings: Confinement & Pick<ManagerSettings, "allow">,
  operation: string,
): void {
  assertOwnPrefixes("prefix", [prefix], settings, operation);
  if (allowListOf(settings).admits(parseAllowPrefix(prefix))) return;
  throw new StorageError(
    "CONFIG_INVALID",
    `The options of ${operation} are not valid. prefix: is not one that this manager may read: it must lie below ` +
      "outputPrefix or inputPrefix, or be listed in the manager's option allow.",
    { operation: "configure" },
  );
}

/** What a manager may read: what is below its own prefixes, and what is allowed besides. */
export function allowListOf(settings: Pick<ManagerSettings, "outputPrefix" | "inputPrefix" | "allow">): AllowList {
  return new AllowList([settings.outputPrefix, settings.inputPrefix, ...settings.allow]);
}

/** What a manager may write, whatever it may read besides. */
export function ownPrefixes({
  outputPrefix,
  inputPrefix,
}: Pick<Confinement, "outputPrefix" | "inputPrefix">): AllowList {
  return new AllowList([outputPrefix, inputPrefix]);
}

/** Takes the path that a caller gave apart. @throws {StorageError} `INVALID_PATH` */
export function locationOf(
  text: string,
  what: "object path" | "prefix",
  operation: string,
  store: string,
  assertText: typeof assertPath = assertPath,
): Location {
  const assertGood = (plain: string): void => assertText(plain, operation, store);
  if (typeof text !== "string") assertPath(text, operation, store); // nothing that is another text when it is read again
  return splitLocation(text, assertGood, (problem) => invalidPath(what, problem, operation, store));
}

/** The error of a path that is not for this manager. The path is not repeated. */
export function denied(problem: string, operation: string, store: string): StorageError {
  return new StorageError("REFERENCE_DENIED", `${problem}.`, { operation, store });
}
