import { StorageError } from "../errors/error.js";
import type { Location } from "../paths/location.js";
import { invalidReference, parseLocation } from "./location.js";

/** Which objects a hydration may read: those below some path prefixes. */
export class AllowList {
  private readonly prefixes: readonly Location[];

  /** @param prefixes path prefixes, whole segments; `scheme://container/prefix` or `scheme://container` elsewhere */
  constructor(prefixes: readonly string[]) {
    this.prefixes = prefixes.map(parseAllowPrefix);
  }

  /** Whether the object lies below an allowed prefix. */
  admits(location: Location): boolean {
    return this.prefixes.some((prefix) => isBelow(location, prefix));
  }

  /** @throws {StorageError} `REFERENCE_DENIED`, without I/O, unless the object lies below an allowed prefix */
  assertAllowed(location: Location, operation = "hydrate"): void {
    if (this.admits(location)) return;
    throw new StorageError(
      "REFERENCE_DENIED",
      "A reference points outside of the prefixes that may be read. If that is meant, list its prefix in `allow`.",
      { operation },
    );
  }
}

/** Whether text can stand in `allow`. */
export function isAllowPrefix(prefix: string): boolean {
  try {
    parseAllowPrefix(prefix);
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes a path prefix apart: whole segments, with or without a slash at the end; or `scheme://container/prefix`, or
 * `scheme://container`, whose path is empty.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function parseAllowPrefix(prefix: string): Location {
  const trimmed = prefix.replace(/\/$/, "");
  // A container alone: all that is in it.
  if (/^[^/]+:\/\/[^/]+$/.test(trimmed)) return { ...parseLocation(`${trimmed}/-`), path: "" };
  const location = parseLocation(trimmed);
  const { target } = location;
  // Of a file URL it is the host, and mostly left off (RFC 8089).
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

/** Whether one of two prefixes lies inside of the other; equal ones do not, and what is no prefix lies nowhere. */
export function arePrefixesNested(prefix: string, other: string): boolean {
  if (![prefix, other].every((text) => typeof text === "string" && isAllowPrefix(text))) return false;
  const isBelow = (inner: string, outer: string): boolean => new AllowList([outer]).admits(parseAllowPrefix(inner));
  return isBelow(prefix, other) !== isBelow(other, prefix);
}
