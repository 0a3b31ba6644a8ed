import { StorageError, type StorageErrorCode } from "../../../src/errors/error.js";
import type { Codec, DecodeContext, EntryContext } from "../../../src/codecs/codec.js";
import { assert, settled } from "../check.js";

/** Decoded bytes that may come. */
export const MAX_DECODED_BYTES = 20_000;

const CODES: readonly StorageErrorCode[] = ["DECODE_FAILED", "INTEGRITY", "BUDGET_EXCEEDED"];

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let from = 0; from < bytes.byteLength; from += size) {
    yield await Promise.resolve(bytes.subarray(from, from + size));
  }
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(Buffer.from(chunk));
    size += chunk.byteLength;
    assert(size <= MAX_DECODED_BYTES, "A stream gives more bytes than it may.");
  }
  return Buffer.concat(parts);
}

/**
 * Decodes bytes at once and as a stream, and asserts that both come to the same.
 *
 * @returns the decoded bytes, or `undefined` for an error
 */
export async function decodedBothWays(
  codec: Codec,
  bytes: Uint8Array,
  entry: EntryContext,
  chunkSize: number,
): Promise<Buffer | undefined> {
  const context: DecodeContext = {
    ...entry,
    maxBytes: MAX_DECODED_BYTES,
    tooLarge: () => new StorageError("BUDGET_EXCEEDED", "There are more bytes than there may be."),
    signal: new AbortController().signal,
  };
  const before = Buffer.from(bytes);
  const whole = await settled(CODES, () => codec.decode(bytes, context));
  const stream = await settled(CODES, () => gathered(codec.decodeStream(inChunks(bytes, chunkSize), context)));
  assert(before.equals(bytes), "The encoded bytes were changed.");
  // What is both too much and damaged may be called either.
  assert((stream.error === undefined) === (whole.error === undefined), "It fails in one of two ways to decode.");
  if (whole.value === undefined) return undefined;
  assert(whole.value.byteLength <= MAX_DECODED_BYTES, "It gives more bytes than it may.");
  assert(Buffer.from(whole.value).equals(stream.value!), "The stream gives other bytes.");
  return stream.value;
}
