import { extendedValue, isPrintableAscii } from "../paths/filename.js";

// What browsers read in different ways in a quoted string (RFC 6266, appendix D).
const UNSURE = /["%\\]/;

/**
 * The header `Content-Disposition` by which a browser saves what it gets under a name, and does not show it (RFC 6266). A
 * name that is not plain ASCII is written twice: for old clients with `_` in the place of what they can't read.
 *
 * @param filename without control characters
 */
export function contentDisposition(filename: string): string {
  if (isPrintableAscii(filename) && !UNSURE.test(filename)) return `attachment; filename="${filename}"`;
  const fallback = filename.replace(/[^\x20-\x7e]|["%\\]/gu, "_");
  return `attachment; filename="${fallback}"; filename*=${extendedValue(filename)}`;
}
