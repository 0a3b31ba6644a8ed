// File names in headers and media types. They are quoted strings, or percent-encoded where they are not ASCII.

/** Returns whether a text can be the name of a file. It has no line breaks, so that it is safe to show. */
export function isFilename(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.isWellFormed() && !/\p{Cc}/u.test(name);
}

/** Encodes a text as percent-encoded UTF-8, like the extended parameters of headers (RFC 8187, section 3.2.1). */
export function extendedValue(text: string): string {
  const escaped = encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `UTF-8''${escaped}`;
}

/** Writes a text of printable ASCII as a quoted string (RFC 2045, section 5.1). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

export function isPrintableAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
