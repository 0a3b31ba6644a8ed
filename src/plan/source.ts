import { bytesOf } from "../bytes/bytes.js";
import { isMediaType } from "../reference/fields.js";

/** Bytes in a payload: there as a whole, or still to come. */
export type PayloadSource = Uint8Array | StreamSource;

/** Those that are still to come. */
export type StreamSource = Blob | AsyncIterable<Uint8Array>;

/** A source, and what it is. */
export class TypedSource {
  constructor(
    readonly source: PayloadSource,
    readonly contentType: string,
  ) {}
}

const OCTET_STREAM = "application/octet-stream";

/**
 * Recognises the values that leave as binary whatever their size: bytes in every form (see {@link Bytes}), `Blob`, Node's
 * and the web's readable streams and every other async iterable that has no JSON of its own.
 *
 * @throws {TypeError} for bytes whose memory was transferred
 */
export function asPayloadSource(value: object): PayloadSource | undefined {
  if (value instanceof TypedSource) return value.source;
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes;
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
  if (source instanceof TypedSource) return source.contentType;
  return source instanceof Blob && isMediaType(source.type) ? source.type : OCTET_STREAM;
}
