/**
 * Longest life of an object in milliseconds: a century. The largest times overflow Redis' clock and cause errors
 * there.
 */
export const MAX_TTL = 100 * 365 * 24 * 60 * 60 * 1000;

/** Longest prefix of the keys in UTF-8 bytes. */
export const MAX_PREFIX_BYTES = 512;
