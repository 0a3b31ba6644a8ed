import { bytesOf } from "../bytes/bytes.js";
import { isMediaType } from "../reference/fields.js";

/** Bytes in a payload: there as a whole, or still to come. */
export type PayloadSource = Uint8Array | StreamSource;

/** Those that are still to come. */
export type StreamSource = Blob | AsyncIterable<Uint8Array>;

// Shared by the ESM and the CommonJS build, so that what one wraps is known to the other.
const BRAND = Symbol.for("coatcheck.Binary");

/** Bytes, or a stream of them, and what they are: made by {@link binary}. */
export class Binary {
  readonly #source: PayloadSource;
  /** Their media type, the name of a file included. */
  readonly contentType: string;

  constructor(source: PayloadSource, contentType: string) {
    this.#source = source;
    this.contentType = contentType;
  }

  /** What was wrapped. */
  [BRAND](): PayloadSource {
    return this.#source;
  }
}

/** Whether a value is a {@link Binary}, of either module format. */
export function isBinaryValue(value: object): value is Binary {
  return BRAND in value;
}

const OCTET_STREAM = "application/octet-stream";

/**
 * Recognises the values that leave as binary whatever their size: bytes in every form (see {@link Bytes}), `Blob`, Node's
 * and the web's readable streams, every other async iterable that has no JSON of its own, and all of them wrapped.
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

function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** Bytes of a source, when known before it is read. */
export function sourceSize(source: PayloadSource): number | undefined {
  if (source instanceof Uint8Array) return source.byteLength;
  return source instanceof Blob ? source.size : undefined;
}

/**
 * Media type of a value that is a source. The type of a Blob may be any text; one that no reference can carry is as good as
 * none.
 */
export function sourceContentType(source: object): string {
  if (isBinaryValue(source)) return source.contentType;
  return source instanceof Blob && isMediaType(source.type) ? source.type : OCTET_STREAM;
}
