/** Bytes up to which an object is held in memory, to look at what it holds. With 16 at a time that is 256 MiB. */
export const MAX_HELD = 16 * 1024 * 1024;
