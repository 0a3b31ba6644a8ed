// Names of files in headers and media types: as quoted strings, or percent-encoded where they are not ASCII.

/** Whether a text can be the name of a file. Whoever shows it must not have to fear line breaks in it. */
export function isFilename(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.isWellFormed() && !/\p{Cc}/u.test(name);
}

/** Percent-encoded UTF-8 as the extended parameters of headers have it (RFC 8187, section 3.2.1). */
export function extendedValue(text: string): string {
  const escaped = encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `UTF-8''${escaped}`;
}

/** A text of printable ASCII as a quoted string (RFC 2045, section 5.1). */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

export function isPrintableAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
