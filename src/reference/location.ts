import { StorageError } from "../error.js";
import { pathProblem } from "../path.js";

/** Where the object of a reference lies. */
export interface Location {
  /** Absent: in the manager's own (primary) store. */
  readonly target?: { readonly scheme: string; readonly container: string };
  readonly path: string;
}

// The scheme of RFC 3986, section 3.1. No path can begin so: its second segment would be empty.
const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)\/(.*)$/s;
const HAS_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/**
 * Takes the text of a reference apart: an object path, or `scheme://container/path`.
 *
 * @throws {StorageError} `INVALID_REFERENCE` for an absolute path, `..`, a backslash, a control character and
 *   everything else that is no object path
 */
export function parseLocation(ref: string): Location {
  if (!HAS_SCHEME.test(ref)) {
    assertObjectPath(ref);
    return { path: ref };
  }
  const [, scheme, container, path] = ABSOLUTE.exec(ref) ?? [];
  if (scheme === undefined || container === undefined || path === undefined) {
    throw invalidReference("it has a scheme, but is not scheme://container/path");
  }
  assertObjectPath(path);
  // A file URL has no container (RFC 8089).
  if (container !== "" && pathProblem(container) !== undefined) throw invalidReference("its container is not valid");
  return { target: { scheme: scheme.toLowerCase(), container }, path };
}

function assertObjectPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw invalidReference(`its object path is not valid: ${problem}`);
}

/** The error of a reference that can't be used. The message never repeats the reference: it may come from anywhere. */
export function invalidReference(problem: string, cause?: unknown): StorageError {
  return new StorageError("INVALID_REFERENCE", `A reference is not valid: ${problem}.`, {
    operation: "hydrate",
    cause,
  });
}
