import { StorageError } from "../errors/error.js";
import { invalidOptions } from "../options/parse-options.js";
import { splitLocation, type Location } from "../paths/location.js";
import { assertPath, assertPrefix, invalidPath } from "../paths/path.js";
import { AllowList, parseAllowPrefix } from "../reference/allow.js";
import type { ManagerSettings } from "./settings.js";

/** The settings that say where a manager's own objects lie, and whether it must stay there. */
export type Confinement = Pick<ManagerSettings, "tenant" | "outputPrefix" | "inputPrefix">;

/**
 * Refuses a path outside the tenant's own prefixes. Other managers may use any path.
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
 * Refuses a listing prefix outside the tenant's own prefixes. Such a prefix is only the beginning of paths:
 * `outputs/a` is also the beginning of `outputs/ab/x`. So the prefix must hold the tenant's prefix and the slash
 * behind it.
 *
 * @throws {StorageError} `INVALID_PATH`, `REFERENCE_DENIED`
 */
export function assertOwnListing(prefix: string, settings: Confinement, store: string): void {
  if (settings.tenant === undefined) return;
  const { target, path } = locationOf(prefix, "prefix", "list", store, assertPrefix);
  // Only whole segments count, because paths may continue the text behind the last slash.
  const location = { path: path.slice(0, Math.max(path.lastIndexOf("/"), 0)), ...(target && { target }) };
  if (!ownPrefixes(settings).admits(location)) {
    throw denied("A listing of a tenant must begin with one of its prefixes and a slash", "list", store);
  }
}

/**
 * Refuses prefixes in an option of a call that lie outside the tenant's own prefixes.
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
  throw invalidOptions(operation, `${option}: leads out of the prefixes of the tenant`);
}

/**
 * Refuses a prefix of a call that this manager may not read. Its own hydration would refuse what it writes there.
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
  throw invalidOptions(
    operation,
    "prefix: is not one that this manager may read: it must lie below outputPrefix or inputPrefix, or be listed in the " +
      "manager's option allow",
  );
}

/** Returns the list of what a manager may read: its own prefixes, and the prefixes that are allowed besides. */
export function allowListOf(settings: Pick<ManagerSettings, "outputPrefix" | "inputPrefix" | "allow">): AllowList {
  return new AllowList([settings.outputPrefix, settings.inputPrefix, ...settings.allow]);
}

/** Returns the list of what a manager may write. It does not depend on what else the manager may read. */
export function ownPrefixes({
  outputPrefix,
  inputPrefix,
}: Pick<Confinement, "outputPrefix" | "inputPrefix">): AllowList {
  return new AllowList([outputPrefix, inputPrefix]);
}

/** Splits the path that a caller gave into its parts. @throws {StorageError} `INVALID_PATH` */
export function locationOf(
  text: string,
  what: "object path" | "prefix",
  operation: string,
  store: string,
  assertText: typeof assertPath = assertPath,
): Location {
  const assertGood = (plain: string): void => assertText(plain, operation, store);
  if (typeof text !== "string") assertPath(text, operation, store); // refuses an object, whose text could change later
  return splitLocation(text, assertGood, (problem) => invalidPath(what, problem, operation, store));
}

/** Makes the error for a path that is not for this manager. The message does not repeat the path. */
export function denied(problem: string, operation: string, store: string): StorageError {
  return new StorageError("REFERENCE_DENIED", `${problem}.`, { operation, store });
}
