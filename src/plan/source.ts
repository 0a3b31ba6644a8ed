import { bytesOf } from "../bytes/bytes.js";
import { isMediaType } from "../reference/fields.js";
import { hasToJson } from "./json-value.js";

/** Bytes in a payload: present as a whole, or still to come. */
export type PayloadSource = Uint8Array | StreamSource;

/** Bytes that are still to come. */
export type StreamSource = Blob | AsyncIterable<Uint8Array>;

// Shared by the ESM and the CommonJS build, so that each knows what the other wrapped.
const BRAND = Symbol.for("coatcheck.Binary");

/** Bytes or a stream, with their media type. {@link binary} makes it. */
export class Binary {
  readonly #source: PayloadSource;
  /** The media type, including the name of a file. */
  readonly contentType: string;

  constructor(source: PayloadSource, contentType: string) {
    this.#source = source;
    this.contentType = contentType;
  }

  /** Returns the wrapped source. */
  [BRAND](): PayloadSource {
    return this.#source;
  }
}

/** Returns whether a value is a {@link Binary}, of either module format. */
export function isBinaryValue(value: object): value is Binary {
  return BRAND in value;
}

const OCTET_STREAM = "application/octet-stream";

/**
 * Recognises values that leave as binary, whatever their size. These are bytes in every form (see {@link Bytes}),
 * `Blob`, and the readable streams of Node and of the web. Every other async iterable without its own JSON counts
 * too, and so does any of these when wrapped.
 *
 * @throws {TypeError} for bytes whose memory was transferred
 */
export function asPayloadSource(value: object): PayloadSource | undefined {
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes;
  if (isBinaryValue(value)) {
    const source = value[BRAND]();
    return bytesOf(source) ?? source;
  }
  if (typeof (value as Partial<AsyncIterable<Uint8Array>>)[Symbol.asyncIterator] === "function") {
    return hasToJson(value) ? undefined : (value as AsyncIterable<Uint8Array>);
  }
  return value instanceof Blob ? value : undefined;
}

/** Returns the bytes of a source, if known before it is read. */
export function sourceSize(source: PayloadSource): number | undefined {
  if (source instanceof Uint8Array) return source.byteLength;
  return source instanceof Blob ? source.size : undefined;
}

/**
 * Returns the media type of a source. The type of a Blob may be any text. A type that no reference can carry counts
 * as none.
 */
export function sourceContentType(source: object): string {
  if (isBinaryValue(source)) return source.contentType;
  return source instanceof Blob && isMediaType(source.type) ? source.type : OCTET_STREAM;
}
