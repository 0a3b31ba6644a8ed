import { MAX_PATH_BYTES } from "../../../paths/path.js";

// No object may be under `.well-known/acme-challenge/` (GCS, "Object names"). Every other path is a valid name. The
// marker goes before the slash, so that the object is still listed where its path belongs. A path that already has
// markers gets one more, so that no two paths have the same name.
const MARKER = "\u{10ffff}";
const PLAIN = /^\.well-known\/acme-challenge(?:\.(\u{10ffff}+))?\//u;

/**
 * Returns the name of the object at `path`, which already has the prefix of the store. Also works for the beginning
 * of a path.
 */
export function toObjectName(path: string): string {
  return path.replace(PLAIN, (_match, markers = "") => `.well-known/acme-challenge.${markers}${MARKER}/`);
}

/** Returns the path of an object. Returns a name as it is if this store would not produce it. */
export function fromObjectName(name: string): string {
  return name.replace(PLAIN, (match, markers = "") => {
    if (markers === "") return match;
    const fewer = (markers as string).slice(MARKER.length);
    return `.well-known/acme-challenge${fewer === "" ? "" : `.${fewer}`}/`;
  });
}

/** Returns the problem of a name that is too long. The marker can make it longer than its path. */
export function nameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) <= MAX_PATH_BYTES) return undefined;
  return `its object name is longer than ${MAX_PATH_BYTES} UTF-8 bytes`;
}
