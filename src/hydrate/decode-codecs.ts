import { restated } from "../errors/as-storage-error.js";
import { isStorageError, StorageError } from "../errors/error.js";
import { formatLocation, directoryOf } from "../paths/location.js";
import type { DecodeContext, DecodeLimits } from "../codecs/codec.js";
import type { CodecSet } from "../codecs/codec-set.js";
import type { ParsedReference } from "../reference/reference.js";
import { abortable } from "../async/abort.js";

const NONE: readonly string[] = [];

/**
 * Refuses, before any I/O, an entry that can't be decoded, or must not be. The message does not repeat names of
 * codecs, because a reference may come from anywhere.
 *
 * @throws {StorageError} `DECODE_FAILED`
 */
export function assertDecodable({ encoding = NONE, location }: ParsedReference, codecs: CodecSet): void {
  const problem = codecs.problemOf(encoding);
  if (problem === undefined) return;
  throw new StorageError("DECODE_FAILED", `A stored object can't be decoded: ${problem}.`, {
    operation: "hydrate",
    path: formatLocation(location),
  });
}

/**
 * Undoes the codecs of an entry.
 *
 * @throws {StorageError} `DECODE_FAILED`; `INTEGRITY` for bytes that are not what was encrypted; `limits.tooLarge()`
 */
export async function decodeBytes(
  bytes: Uint8Array,
  reference: ParsedReference,
  codecs: CodecSet,
  limits: DecodeLimits,
): Promise<Uint8Array> {
  if (reference.encoding === undefined) return bytes;
  try {
    return await abortable(codecs.decode(bytes, contextOf(reference, limits)), limits.signal);
  } catch (error) {
    throw located(error, reference);
  }
}

/** Does the same for a stream. It ends when `chunks` end, so that the check of the chunks can report its result. */
export async function* decodeChunks(
  chunks: AsyncIterable<Uint8Array>,
  reference: ParsedReference,
  codecs: CodecSet,
  limits: DecodeLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* codecs.decodeStream(chunks, contextOf(reference, limits));
  } catch (error) {
    throw located(error, reference);
  }
}

/**
 * Returns a key for how an entry is decoded. References to one entry may state different encodings, and one of them
 * is true.
 */
export function decodingKey({ encoding, contentType, schema, schemaVersion }: ParsedReference): string {
  return JSON.stringify([encoding, contentType, schema, schemaVersion]);
}

function contextOf(reference: ParsedReference, limits: DecodeLimits): DecodeContext {
  const { location, contentType = "", schema, schemaVersion, encoding = NONE } = reference;
  return { ...limits, directory: directoryOf(location), contentType, schema, schemaVersion, encodings: encoding };
}

/** Adds the path to an error, because codecs don't know where an entry lies. */
function located(error: unknown, { location }: ParsedReference): unknown {
  if (!isStorageError(error) || error.path !== undefined || error.code === "BUDGET_EXCEEDED") return error;
  return restated(error, { operation: error.operation ?? "hydrate", path: formatLocation(location) });
}
