import type { HydrateOptions } from "../../configure/options.js";
import type { Codec } from "../../codecs/codec.js";
import { StorageError } from "../../errors/error.js";
import { messageCodecs } from "../messages/compressed-body.js";

const CONTEXT = { directory: "message", contentType: "application/octet-stream", encodings: [] };
const NEVER = new AbortController().signal;
/** Default limit for the bytes of a body. */
export const MAX_BYTES = 268_435_456;
let codecs: ReadonlyMap<string, Codec> | undefined;

/**
 * Decompresses the bytes of another library. More bytes may follow the compressed ones.
 *
 * @param codec name of the codec: `gzip`, `br`, `zstd`
 * @throws {StorageError} `UNSUPPORTED` for an unknown codec, `DECODE_FAILED`, `BUDGET_EXCEEDED`
 */
export async function decompressed(
  bytes: Uint8Array,
  codec: string,
  { maxBytes = MAX_BYTES, signal = NEVER }: HydrateOptions,
): Promise<Uint8Array> {
  const found = (codecs ??= messageCodecs(undefined)).get(codec);
  if (found === undefined) {
    throw new StorageError(
      "UNSUPPORTED",
      "The message can't be opened: its body was compressed by a codec that is not known here, or not by this Node.",
      { operation: "unpack" },
    );
  }
  const tooLarge = (): StorageError =>
    new StorageError("BUDGET_EXCEEDED", `The message can't be opened: its body has more than ${maxBytes} bytes.`, {
      operation: "unpack",
    });
  const limits = { maxBytes, tooLarge, signal };
  const length = await found.measure?.(bytes, limits);
  return found.decode(length === undefined ? bytes : bytes.subarray(0, length), { ...CONTEXT, ...limits });
}
