// What services and client libraries say, as far as it may be shown. Their sentences may quote the request or its answer.

/** A word: the name or code of an error, never a sentence. */
export function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z][\w.-]{0,63}$/.test(value) ? value : undefined;
}

/** The id of a request, as services write them: a UUID, hexadecimal, base64. */
export function requestIdOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w.~+/=:-]{1,128}$/.test(value) ? value : undefined;
}

// What could stand in a message of a client library and be a secret: signatures, keys, tokens, a URL, which may be signed
// or carry a password, and the command line of a program that was to give credentials, with all that it said.
const SECRET = /signature|sig=|AccountKey|SharedKey|secret|password|token|Bearer|https?:\/\/|Command failed|\n/i;

/** A message of what failed on this side, unless it may hold a secret. */
export function harmlessMessage(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !SECRET.test(value) ? value : undefined;
}
