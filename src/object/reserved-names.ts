import { looksLikeLabel } from "./expiry-label.js";

/*
 * Names that are not for users' scopes (wire format), beside labels:
 *
 * | path                                              | says                                                |
 * |---------------------------------------------------|-----------------------------------------------------|
 * | {prefix}/{scope}/.done/{reader}                   | a reader is done with the scope                     |
 * | {prefix}/{scope}/.coatcheck-released{label}       | the scope was released; readers are told until then |
 * | {prefix}/.coatcheck/collector                     | where the last pass of the collector ended          |
 */

const DONE = ".done";
const RESERVED = ".coatcheck";

/** What is wrong with a scope that holds a reserved name. */
export const RESERVED_SCOPE =
  "must not hold a segment that looks like an expiry label (@2026-12-05), or that begins with .done or .coatcheck: these names are reserved";

/** Whether a segment of a scope has a name that this library gives. */
export function isReservedScope(scope: string): boolean {
  return scope
    .split("/")
    .some((segment) => looksLikeLabel(segment) || segment.startsWith(DONE) || segment.startsWith(RESERVED));
}
