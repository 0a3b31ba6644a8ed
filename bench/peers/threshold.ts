import type { BenchCase } from "../case.js";

/** Bytes of JSON over which a peer offloads: coatcheck's own default for a value. The peers offload a message whole. */
export const THRESHOLD = 1024;

// V8's limit for one string: `buffer.constants.MAX_STRING_LENGTH` of Node 20 and later.
const MAX_STRING_LENGTH = 0x1fffffe8;

/** Every peer makes the whole message one string. */
export function tooLongForOneString(bench: BenchCase): string | undefined {
  return bench.size > MAX_STRING_LENGTH ? "a message of at most 512 MiB" : undefined;
}
