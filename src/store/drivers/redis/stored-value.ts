import type { DriverCall } from "../driver-store.js";
import { randomBytes } from "node:crypto";
import { StorageError } from "../../../errors/error.js";
import { isObject } from "../../../json/is-object.js";
import { isText } from "../../../json/scalars.js";
import type { ObjectInfo, WriteOptions } from "../../store.js";
import { objectInfo } from "../object-info.js";
import { decodeFailed } from "./errors.js";
import { MAX_HEADER_SIZE } from "./options.js";

// An object is one string of Redis. So its bytes and attributes always belong to the same version, and expire or are
// evicted together. The scripts know these offsets too.
//
//   0  "cc01"
//   4  etag: 22 characters
//  26  time of the write: 14 digits, ms since 1970. The server fills it in.
//  40  length of the attributes: 8 hexadecimal digits
//  48  attributes: JSON, or nothing
//      body

const MAGIC = "cc01";

/** Bytes before the attributes. */
const HEADER_SIZE = 48;

const HEADER = /^cc01([\w-]{22})(\d{14})([0-9a-f]{8})$/;

/** The fields in the header of a value. */
export interface StoredHeader {
  etag: string;
  lastModified: Date;
  attributesSize: number;
}

type Attributes = Pick<WriteOptions, "contentType" | "metadata">;

/** Makes a new etag in the form that Redis holds. No two writes have the same etag. */
export function newEtag(): string {
  return randomBytes(16).toString("base64url");
}

/** Converts an etag to the form that callers see: in quotes, as in HTTP (RFC 9110, 8.8.3). */
export function quotedEtag(etag: string): string {
  return `"${etag}"`;
}

/** Converts an etag of a caller to the form that Redis holds. */
export function unquotedEtag(etag: string): string {
  return etag.replace(/^"|"$/g, "");
}

/** Encodes the value of an object. Copies the bytes. */
export function encodeValue(
  etag: string,
  attributes: Attributes,
  chunks: readonly Uint8Array[],
  { details }: DriverCall,
): Buffer {
  const { contentType, metadata } = attributes;
  const text = contentType === undefined && metadata === undefined ? "" : JSON.stringify(attributes);
  const size = Buffer.byteLength(text);
  if (HEADER_SIZE + size > MAX_HEADER_SIZE) {
    throw new StorageError(
      "LIMIT_EXCEEDED",
      `Content type and metadata are larger than the ${MAX_HEADER_SIZE - HEADER_SIZE} bytes that the store takes.`,
      details,
    );
  }
  const header = MAGIC + etag + "0".repeat(14) + size.toString(16).padStart(8, "0");
  return Buffer.concat([Buffer.from(header + text), ...chunks]);
}

/** @throws {StorageError} `DECODE_FAILED` */
export function decodeHeader(bytes: Uint8Array, call: DriverCall): StoredHeader {
  const [, etag, time, attributesSize] = HEADER.exec(Buffer.from(bytes).toString("latin1")) ?? [];
  if (etag === undefined || time === undefined || attributesSize === undefined) throw decodeFailed(call);
  return { etag, lastModified: new Date(Number(time)), attributesSize: Number.parseInt(attributesSize, 16) };
}

/**
 * Describes an object whose value has `valueSize` bytes.
 *
 * @param begin header and attributes, or more
 * @throws {StorageError} `DECODE_FAILED`
 */
export function decodeInfo(path: string, begin: Uint8Array, valueSize: number, call: DriverCall): ObjectInfo {
  const { etag, lastModified, attributesSize } = decodeHeader(begin.subarray(0, HEADER_SIZE), call);
  const bodyStart = HEADER_SIZE + attributesSize;
  if (bodyStart > begin.byteLength || !(valueSize >= bodyStart)) throw decodeFailed(call);
  const { contentType, metadata } = decodeAttributes(begin.subarray(HEADER_SIZE, bodyStart), call);
  const size = valueSize - bodyStart;
  return { ...objectInfo(path, size, { etag, lastModified, contentType }), ...(metadata && { metadata }) };
}

function decodeAttributes(bytes: Uint8Array, call: DriverCall): Attributes {
  if (bytes.byteLength === 0) return {};
  try {
    const attributes: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (isAttributes(attributes)) return attributes;
  } catch {
    // The error is thrown below.
  }
  throw decodeFailed(call);
}

function isAttributes(value: unknown): value is Attributes {
  if (!isObject(value)) return false;
  const { contentType = "", metadata = {} } = value;
  return isText(contentType) && isObject(metadata) && Object.values(metadata).every(isText);
}
