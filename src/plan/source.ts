import { types } from "node:util";
import { isMediaType } from "../reference/reference.js";

/** Bytes in a payload: there as a whole, or still to come. */
export type PayloadSource = Uint8Array | Blob | AsyncIterable<Uint8Array>;

const OCTET_STREAM = "application/octet-stream";

/**
 * Recognises the values that leave as binary whatever their size: `Uint8Array` (a `Buffer` is one), `Blob`, Node's and
 * the web's readable streams and every other async iterable.
 */
export function asPayloadSource(value: object): PayloadSource | undefined {
  if (types.isUint8Array(value)) return ofThisRealm(value);
  if (typeof (value as Partial<AsyncIterable<Uint8Array>>)[Symbol.asyncIterator] === "function") {
    return value as AsyncIterable<Uint8Array>;
  }
  return value instanceof Blob ? value : undefined;
}

// Everything after this asks with `instanceof`, which does not know the arrays of other realms (node:vm).
function ofThisRealm(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(buffer, byteOffset, byteLength);
}

/** Bytes of a source, when known before it is read. */
export function sourceSize(source: PayloadSource): number | undefined {
  if (source instanceof Uint8Array) return source.byteLength;
  return source instanceof Blob ? source.size : undefined;
}

/** Media type of a source. The type of a Blob may be any text; one that no reference can carry is as good as none. */
export function sourceContentType(source: PayloadSource): string {
  return source instanceof Blob && isMediaType(source.type) ? source.type : OCTET_STREAM;
}
