import { labelExpiry, looksLikeLabel, splitLabelledPath } from "./expiry-label.js";
import { objectKind } from "./object-name.js";
import { partOf, scopePart } from "./scope-path.js";

/*
 * Names that are not for users' scopes (wire format), beside labels:
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
const COLLECTOR = `${RESERVED}/collector`;
const CHECK = `${RESERVED}/check-`;

/** What is wrong with a scope that holds a reserved name. */
export const RESERVED_SCOPE =
  "must not hold a segment that looks like an expiry label (@2026-12-05), or that begins with .done or .coatcheck: these names are reserved";

/** Whether a segment of a scope has a name that this library gives. */
export function isReservedScope(scope: string): boolean {
  return scope
    .split("/")
    .some((segment) => looksLikeLabel(segment) || segment.startsWith(DONE) || segment.startsWith(RESERVED));
}

/** Whether an object is one that this library keeps for itself: no payload, and no user's own. */
export function isReservedPath(path: string): boolean {
  return path.split("/").some((segment) => segment.startsWith(DONE) || segment.startsWith(RESERVED));
}

/** Where the marker of a reader lies below the directory of a scope. */
export function doneMarker(reader: string): string {
  return `${DONE}/${scopePart(reader)}`;
}

/** The reader of a marker; a name that was too long for it is its digest. */
export function readerOf(marker: string): string {
  return partOf(marker.slice(marker.lastIndexOf("/") + 1));
}

/** What the markers of a scope have in common, below its directory. */
export const DONE_MARKERS = `${DONE}/`;

/** Where a tombstone lies below the directory of a scope. */
export function tombstone(label: string): string {
  return TOMBSTONE + label;
}

/** What the tombstones of a scope have in common, below its directory. */
export const TOMBSTONES = `${TOMBSTONE}@`;

/** Where the collector keeps its state, below a prefix. */
export const COLLECTOR_STATE = COLLECTOR;

/** Where a check writes its probe, below a prefix. */
export function checkProbe(id: string): string {
  return CHECK + id;
}

/** What an object is for those that end payloads. */
export interface ObjectRole {
  /**
   * - `payload`: what a dehydration stored, `leftover`: the temporary object of a stream, the probe of a check
   * - `marker`: of a reader that is done, `tombstone`: of a released scope, `own`: another object of this library
   * - `unknown`: a user's own
   */
  readonly role: "payload" | "leftover" | "marker" | "tombstone" | "own" | "unknown";
  /** Prefix and scope. */
  readonly directory: string;
  /** When it ends, in milliseconds since 1970; absent where the path does not say. */
  readonly expires: number | undefined;
}

/** What an object is by its path. */
export function roleOf(path: string): ObjectRole {
  const { directory, expires, name } = splitLabelledPath(path);
  if (directory.endsWith(`/${DONE}`)) {
    return { role: "marker", directory: directory.slice(0, -DONE.length - 1), expires: undefined };
  }
  if (name.startsWith(TOMBSTONES)) {
    return { role: "tombstone", directory, expires: labelExpiry(name.slice(TOMBSTONE.length)) };
  }
  if (path.endsWith(`/${COLLECTOR}`)) {
    return { role: "own", directory: path.slice(0, -COLLECTOR.length - 1), expires: undefined };
  }
  if (directory.endsWith(`/${RESERVED}`) && name.startsWith("check-")) {
    return { role: "leftover", directory: directory.slice(0, -RESERVED.length - 1), expires: undefined };
  }
  const { holds } = objectKind(path);
  const role = holds === "other" ? "unknown" : holds === "leftover" ? "leftover" : "payload";
  return { role, directory, expires };
}
