import { StorageError } from "../errors/error.js";
import type { Location } from "../paths/location.js";
import { invalidReference, parseLocation } from "./location.js";

/** The objects that a hydration may read: objects below some path prefixes. */
export class AllowList {
  private readonly prefixes: readonly Location[];

  /**
   * @param prefixes path prefixes of whole segments; `scheme://container/prefix` or `scheme://container` for other
   *   stores
   */
  constructor(prefixes: readonly string[]) {
    this.prefixes = prefixes.map(parseAllowPrefix);
  }

  /** Returns whether the object lies below an allowed prefix. */
  admits(location: Location): boolean {
    return this.prefixes.some((prefix) => isBelow(location, prefix));
  }

  /**
   * Checks, without I/O, that an object lies below an allowed prefix. @throws {StorageError} `REFERENCE_DENIED` if
   * not
   */
  assertAllowed(location: Location, operation = "hydrate"): void {
    if (this.admits(location)) return;
    throw new StorageError(
      "REFERENCE_DENIED",
      "A reference points outside of the prefixes that may be read. If that is meant, list its prefix in `allow`.",
      { operation },
    );
  }
}

/** Returns whether a text can stand in `allow`. */
export function isAllowPrefix(prefix: string): boolean {
  try {
    parseAllowPrefix(prefix);
    return true;
  } catch {
    return false;
  }
}

/**
 * Splits a path prefix into its parts. It has whole segments, with or without a slash at the end. It may also be
 * `scheme://container/prefix`, or `scheme://container`, whose path is empty.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function parseAllowPrefix(prefix: string): Location {
  const trimmed = prefix.replace(/\/$/, "");
  // A container alone stands for everything in it.
  if (/^[^/]+:\/\/[^/]+$/.test(trimmed)) return { ...parseLocation(`${trimmed}/-`), path: "" };
  const location = parseLocation(trimmed);
  const { target } = location;
  // In a file URL the container is the host, which is mostly left out (RFC 8089).
  if (target?.container === "" && target.scheme !== "file") throw invalidReference("its container is missing");
  return location;
}

function isBelow(location: Location, prefix: Location): boolean {
  return (
    location.target?.scheme === prefix.target?.scheme &&
    location.target?.container === prefix.target?.container &&
    (prefix.path === "" || location.path === prefix.path || location.path.startsWith(`${prefix.path}/`))
  );
}

/** Returns whether one of two prefixes lies inside the other. Equal prefixes do not, and neither do invalid ones. */
export function arePrefixesNested(prefix: string, other: string): boolean {
  if (![prefix, other].every((text) => typeof text === "string" && isAllowPrefix(text))) return false;
  const isBelow = (inner: string, outer: string): boolean => new AllowList([outer]).admits(parseAllowPrefix(inner));
  return isBelow(prefix, other) !== isBelow(other, prefix);
}
