import { extendedValue, isPrintableAscii } from "../paths/filename.js";

// Characters that browsers read in different ways in a quoted string (RFC 6266, appendix D).
const UNSURE = /["%\\]/;

/**
 * Returns a header `Content-Disposition` (RFC 6266). With it, a browser saves the answer under a name, and does not
 * show it. A name that is not plain ASCII is written twice. In the form for old clients, `_` replaces the characters
 * that they can't read.
 *
 * @param filename without control characters
 */
export function contentDisposition(filename: string): string {
  if (isPrintableAscii(filename) && !UNSURE.test(filename)) return `attachment; filename="${filename}"`;
  const fallback = filename.replace(/[^\x20-\x7e]|["%\\]/gu, "_");
  return `attachment; filename="${fallback}"; filename*=${extendedValue(filename)}`;
}
