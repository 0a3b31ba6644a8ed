import { labelExpiry, looksLikeLabel, splitLabelledPath } from "./expiry-label.js";
import { objectKind } from "./object-name.js";
import { partOf, scopePart } from "./scope-path.js";

/*
 * Names that users' scopes must not hold (wire format), besides labels:
 *
 * | path                                                  | says                                                |
 * |-------------------------------------------------------|-----------------------------------------------------|
 * | {prefix}/{scope}/.done/{reader}                       | a reader is done with the scope                     |
 * | {prefix}/{scope}/.coatcheck-released@2026-12-05T14    | the scope was released; readers are told until then |
 * | {prefix}/.coatcheck/collector                         | where the last pass of the collector ended          |
 * | {prefix}/.coatcheck/check-{id}                        | the probe of a check, for as long as that takes     |
 */

const DONE = ".done";
const RESERVED = ".coatcheck";
const TOMBSTONE = `${RESERVED}-released`;

/** The problem with a scope that holds a reserved name. */
export const RESERVED_SCOPE =
  "must not hold a segment that looks like an expiry label (@2026-12-05), or that begins with .done or .coatcheck: these names are reserved";

/** Returns whether a segment of a scope has a name that only this library uses. */
export function isReservedScope(scope: string): boolean {
  if (!scope.includes("@") && !scope.includes(".")) return false; // which no such name is without
  return scope
    .split("/")
    .some((segment) => looksLikeLabel(segment) || segment.startsWith(DONE) || segment.startsWith(RESERVED));
}

/** Returns whether this library keeps an object for itself. Such an object is neither a payload nor a user's own. */
export function isReservedPath(path: string): boolean {
  return path.split("/").some((segment) => segment.startsWith(DONE) || segment.startsWith(RESERVED));
}

/** Returns the path of a reader's marker below the directory of a scope. */
export function doneMarker(reader: string): string {
  return `${DONE}/${scopePart(reader)}`;
}

/** Returns the reader of a marker. For a name that was too long, returns its digest. */
export function readerOf(marker: string): string {
  return partOf(marker.slice(marker.lastIndexOf("/") + 1));
}

/** The common prefix of the markers of a scope, below its directory. */
export const DONE_MARKERS = `${DONE}/`;

/** Returns the path of a tombstone below the directory of a scope. */
export function tombstone(label: string): string {
  return TOMBSTONE + label;
}

/** The common prefix of the tombstones of a scope, below its directory. */
export const TOMBSTONES = `${TOMBSTONE}@`;

/** Path of the collector's state, below a prefix. */
export const COLLECTOR_STATE = `${RESERVED}/collector`;

/** Returns the path of the probe that a check writes, below a prefix. */
export function checkProbe(id: string): string {
  return `${RESERVED}/check-${id}`;
}

/** The role of an object, for code that ends payloads. */
export interface ObjectRole {
  /**
   * The roles:
   * - `payload`: an object that a dehydration stored
   * - `leftover`: the temporary object of a stream, or the probe of a check
   * - `marker`: the marker of a reader that is done
   * - `tombstone`: the tombstone of a released scope
   * - `own`: another object of this library
   * - `unknown`: a user's own object
   */
  readonly role: "payload" | "leftover" | "marker" | "tombstone" | "own" | "unknown";
  /** Prefix and scope. */
  readonly directory: string;
  /** When the object expires, in milliseconds since 1970; absent where the path does not say. */
  readonly expires: number | undefined;
}

/** Returns the role of an object by its path. */
export function roleOf(path: string): ObjectRole {
  const { directory, expires, name } = splitLabelledPath(path);
  if (directory.endsWith(`/${DONE}`)) {
    return { role: "marker", directory: directory.slice(0, -DONE.length - 1), expires: undefined };
  }
  if (name.startsWith(TOMBSTONES)) {
    return { role: "tombstone", directory, expires: labelExpiry(name.slice(TOMBSTONE.length)) };
  }
  if (path.endsWith(`/${COLLECTOR_STATE}`)) {
    return { role: "own", directory: path.slice(0, -COLLECTOR_STATE.length - 1), expires: undefined };
  }
  if (directory.endsWith(`/${RESERVED}`) && name.startsWith("check-")) {
    return { role: "leftover", directory: directory.slice(0, -RESERVED.length - 1), expires: undefined };
  }
  const { holds } = objectKind(path);
  const role = holds === "other" ? "unknown" : holds === "leftover" ? "leftover" : "payload";
  return { role, directory, expires };
}
