// Texts of services and client libraries, as far as they may be shown. Their sentences may quote the request or its
// response.

/** Returns a word: the name or code of an error, never a sentence. */
export function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z][\w.-]{0,63}$/.test(value) ? value : undefined;
}

/** Returns the id of a request in a form that services use: a UUID, hexadecimal, base64. */
export function requestIdOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w.~+/=:-]{1,128}$/.test(value) ? value : undefined;
}

// Signs of a possible secret in a message of a client library: signatures, keys, tokens, or a URL, which may be signed
// or hold a password. A failed credential program is another sign, because the message quotes its command line and its
// whole output.
const SECRET = /signature|sig=|AccountKey|SharedKey|secret|password|token|Bearer|https?:\/\/|Command failed|\n/i;

/** Returns a message of an error on this side, unless it may hold a secret. */
export function harmlessMessage(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !SECRET.test(value) ? value : undefined;
}
