import { MAX_PATH_BYTES } from "../../../paths/path.js";

// An object may not lie under `.well-known/acme-challenge/` (GCS, "Object names"); every other path is a name as it is.
// The marker goes before the slash, so that such an object is still listed where its path belongs, and one more marker
// where the path itself has some, so that no two paths share a name.
const MARKER = "\u{10ffff}";
const PLAIN = /^\.well-known\/acme-challenge(?:\.(\u{10ffff}+))?\//u;

/** The name of the object at `path`, which already has the prefix of the store. Also for the beginning of a path. */
export function toObjectName(path: string): string {
  return path.replace(PLAIN, (_match, markers = "") => `.well-known/acme-challenge.${markers}${MARKER}/`);
}

/** The path of an object; a name that this store would not give stands for itself. */
export function fromObjectName(name: string): string {
  return name.replace(PLAIN, (match, markers = "") => {
    if (markers === "") return match;
    const fewer = (markers as string).slice(MARKER.length);
    return `.well-known/acme-challenge${fewer === "" ? "" : `.${fewer}`}/`;
  });
}

/** What is wrong with a path whose name is too long, as the marker makes it. */
export function nameProblem(name: string): string | undefined {
  if (Buffer.byteLength(name) <= MAX_PATH_BYTES) return undefined;
  return `its object name is longer than ${MAX_PATH_BYTES} UTF-8 bytes`;
}
