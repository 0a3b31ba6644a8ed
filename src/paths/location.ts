import { pathProblem } from "./path.js";

/** A container (bucket, host) of the stores that answer to a URL scheme. */
export interface Target {
  /** Lower case, without `://`. */
  readonly scheme: string;
  readonly container: string;
}

/** The place of an object. */
export interface Location {
  /** Absent for an object in the manager's own (primary) store. */
  readonly target?: Target;
  /** The object path, decoded. */
  readonly path: string;
}

// The scheme of RFC 3986, section 3.1. No path can begin like this, because its second segment would be empty.
const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)\/(.*)$/s;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;

// The characters of an authority (RFC 3986, section 3.2), without escapes, so that each name has one form only.
const CONTAINER = /^[A-Za-z0-9._~!$&'()*+,;=:@[\]-]+$/;

/** Returns whether text can be a URL scheme (RFC 3986, section 3.1). */
export function isScheme(text: string): boolean {
  return SCHEME.test(`${text}://`) && !text.includes(":");
}

/** Returns the scheme, in lower case, of text that is meant as `scheme://container/path` and not as an object path. */
export function schemeOf(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined; // whoever takes the path refuses it
  return SCHEME.exec(text)?.[1]?.toLowerCase();
}

/**
 * Splits an object path, or `scheme://container/path`. The path after a container is percent-encoded (RFC 3986,
 * section 2.1). A `%` begins an escape. Any character except `/`, `\` and control characters may be escaped or not.
 *
 * @param assertPath checks the path, or the text that may stand in its place; default: takes any
 * @param invalid makes the error for a problem with the text; default: an `Error`
 */
export function splitLocation(
  text: string,
  assertPath: (path: string) => void = takeAny,
  invalid: (problem: string) => Error = plainError,
): Location {
  if (schemeOf(text) === undefined) {
    assertPath(text);
    return { path: text };
  }
  const [, scheme, container, encoded] = ABSOLUTE.exec(text) ?? [];
  if (scheme === undefined || container === undefined || encoded === undefined) {
    throw invalid("it has a scheme, but is not scheme://container/path");
  }
  const path = decode(encoded);
  if (path === undefined) throw invalid("a % in its object path begins no escape, or an escaped slash");
  assertPath(path);
  const problem = containerProblem(container);
  if (problem !== undefined) throw invalid(`its container is not valid: ${problem}`);
  return { target: { scheme: scheme.toLowerCase(), container }, path };
}

function takeAny(): void {
  // The caller has checked the path, or compares it only.
}

function plainError(problem: string): Error {
  return new Error(problem);
}

/** Says what is wrong with an object path or `scheme://container/path`. Returns `undefined` when it is valid. */
export function locationProblem(text: string): string | undefined {
  try {
    splitLocation(text, assertPathIsGood);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function assertPathIsGood(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw new Error(problem);
}

/** Returns the text that {@link splitLocation} splits again. */
export function formatLocation({ target, path }: Location): string {
  if (target === undefined) return path;
  return `${target.scheme}://${target.container}/${encode(path)}`;
}

/** Returns the text for an object at `path` below a prefix. It is a plain path, or absolute if the prefix is. */
export function locationBelow(prefix: string, path: string): string {
  return `${prefix}/${schemeOf(prefix) === undefined ? path : encode(path)}`;
}

/**
 * Says what is wrong with a container. Returns `undefined` when it is valid. A file URL has no container (RFC 8089).
 */
function containerProblem(container: string): string | undefined {
  if (container === "") return undefined;
  if (!CONTAINER.test(container)) return "it has characters other than those of a host or bucket name";
  if (pathProblem(container) !== undefined) return 'it is "." or "..", or too long';
  // A reference travels with the payload, so it must not hold a password (RFC 3986, section 3.2.1).
  const colon = container.indexOf(":");
  if (colon !== -1 && container.includes("@", colon)) return "it carries a password";
  return undefined;
}

function encode(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

// An escaped slash is refused, because it would be another text for the same path.
function decode(encoded: string): string | undefined {
  if (!encoded.includes("%")) return encoded;
  if (/%2f/i.test(encoded)) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** Returns the path of an object without its last segment: prefix and scope. */
export function directoryOf({ path }: Location): string {
  return path.slice(0, path.lastIndexOf("/"));
}
