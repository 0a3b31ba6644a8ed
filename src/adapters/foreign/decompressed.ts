import type { HydrateOptions } from "../../configure/options.js";
import type { Codec } from "../../codecs/codec.js";
import { CONTEXT, messageCodecs, NEVER } from "../messages/compressed-body.js";
import { cannotOpen } from "../messages/message-error.js";

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
    throw cannotOpen("UNSUPPORTED", "its body was compressed by a codec that is not known here, or not by this Node");
  }
  const tooLarge = () => cannotOpen("BUDGET_EXCEEDED", `its body has more than ${maxBytes} bytes`);
  const limits = { maxBytes, tooLarge, signal };
  const length = await found.measure?.(bytes, limits);
  return found.decode(length === undefined ? bytes : bytes.subarray(0, length), { ...CONTEXT, ...limits });
}
