import { brotli } from "../../codecs/brotli.js";
import type { Codec } from "../../codecs/codec.js";
import { gzip } from "../../codecs/gzip.js";
import { zstd } from "../../codecs/zstd.js";
import { textOf } from "./body-form.js";
import type { Head } from "./envelope.js";
import { cannotOpen } from "./message-error.js";

/** Context that only encryptions use. Messages refuse encryptions. */
export const CONTEXT = { directory: "message", contentType: "application/octet-stream", encodings: [] };
/** A signal that never fires. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Returns the codecs that can decompress messages, by name: those of this library, and one of the reader's. */
export function messageCodecs(own: Codec | undefined): ReadonlyMap<string, Codec> {
  const options = { decodeOnly: true };
  const codecs = [gzip, brotli, zstd].flatMap((make) => {
    try {
      return [make(options)];
    } catch {
      return []; // this Node has no Zstandard
    }
  });
  return new Map([...codecs, ...(own === undefined ? [] : [own])].map((codec) => [codec.name, codec]));
}

/** Compresses a body. `undefined` if the codec only decodes, or if the body does not get smaller. */
export async function compressBody(
  body: string | Uint8Array,
  codec: Codec,
  signal: AbortSignal = NEVER,
): Promise<Uint8Array | undefined> {
  // A text with a lone surrogate can't be encoded as UTF-8.
  if (codec.decodeOnly || (typeof body === "string" && !body.isWellFormed())) return undefined;
  const encoder = await codec.prepare(signal);
  return encoder.encode(typeof body === "string" ? Buffer.from(body) : body, CONTEXT);
}

/**
 * Decompresses the body in a message.
 *
 * @throws {StorageError} `DECODE_FAILED`, `UNSUPPORTED` for an unknown codec, `BUDGET_EXCEEDED`
 */
export async function decompressBody(
  { encoding = "", size, form }: Head,
  compressed: unknown,
  codecs: ReadonlyMap<string, Codec>,
  limits: { readonly maxBytes: number; readonly signal: AbortSignal | undefined },
): Promise<string | Uint8Array> {
  const codec = codecs.get(encoding);
  if (codec === undefined) {
    const remedy = "Say it as the option compress, or use a Node that has it";
    throw cannotOpen("UNSUPPORTED", `it was compressed by a codec that is not known here. ${remedy}`);
  }
  const bytes = typeof compressed === "string" ? Buffer.from(compressed, "base64") : compressed;
  if (!(bytes instanceof Uint8Array)) throw cannotOpen("DECODE_FAILED", "it holds no compressed body");
  const decoded = await codec.decode(bytes, {
    ...CONTEXT,
    // One byte more than the stated size, so that a longer body is detected.
    maxBytes: Math.min(size + 1, limits.maxBytes),
    tooLarge: () => {
      const most = `the ${limits.maxBytes} of maxBytes`;
      return cannotOpen("BUDGET_EXCEEDED", `its body has more bytes than it says, or than ${most}`);
    },
    signal: limits.signal ?? NEVER,
  });
  return form === "binary" ? decoded : textOf(decoded);
}
