import { createHash } from "node:crypto";
import { beginsWith } from "../../bytes/bytes.js";
import { isObject } from "../../json/is-object.js";
import { isCount, isText, optional } from "../../json/scalars.js";
import { StorageError } from "../../errors/error.js";
import type { ByteReader } from "../byte-reader.js";
import type { EntryContext } from "../codec.js";

/** The entry whose place an encrypted one took. References to the old entry lead to the new one. */
export interface ReplacedEntry {
  /** `sha256-` + base64url of the entry as it was stored. */
  readonly digest: string;
  readonly size: number;
  /** Offset of the old entry in its object, when it shared the object. */
  readonly offset?: number | undefined;
}

/** Public data about an encrypted entry, stored in the clear. All of it is authenticated. */
export interface EncryptionHeader extends Pick<EntryContext, "contentType" | "schema" | "schemaVersion"> {
  readonly keyId: string;
  /** Base64url of the data key, encrypted with the key `keyId`; absent where that key itself encrypts the entry. */
  readonly wrappedKey?: string | undefined;
  /** Names of the codecs that were applied before the encryption, separated by `,`; absent if there are none. */
  readonly encoding?: string | undefined;
  /** Number of bytes after the header; absent for a stream, which ends where its object ends. */
  readonly sealedSize?: number | undefined;
  readonly replaces?: ReplacedEntry | undefined;
}

/** A header, and the bytes from which it was read. */
export interface ParsedHeader {
  readonly header: EncryptionHeader;
  readonly bytes: Uint8Array;
}

// The first bytes of every encrypted entry: version 1 of this format.
export const MAGIC = Buffer.from("CCE1", "latin1");
const LENGTH_SIZE = 2;

/** Size of the bytes that mark a header and tell its length. */
export const PREAMBLE_SIZE = MAGIC.byteLength + LENGTH_SIZE;

/**
 * @throws {StorageError} `LIMIT_EXCEEDED` when a very long schema makes the header longer than its length field allows
 */
export function encodeHeader(header: EncryptionHeader): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  if (json.byteLength > 0xffff) {
    throw new StorageError(
      "LIMIT_EXCEEDED",
      "The names of schema and key are too long to be stored with an entry. Shorten them.",
      {
        operation: "dehydrate",
      },
    );
  }
  const preamble = Buffer.alloc(PREAMBLE_SIZE);
  preamble.set(MAGIC);
  preamble.writeUInt16BE(json.byteLength, MAGIC.byteLength);
  return Buffer.concat([preamble, json]);
}

/** Returns whether bytes begin like an encrypted entry. */
export function isEncrypted(bytes: Uint8Array): boolean {
  return beginsWith(bytes, MAGIC);
}

/** Returns the size of a header in bytes, or `undefined` when more bytes are needed to know it. */
export function headerSize(bytes: Uint8Array): number | undefined {
  const known = Math.min(bytes.byteLength, MAGIC.byteLength);
  if (!MAGIC.subarray(0, known).equals(bytes.subarray(0, known))) throw notEncrypted("it does not begin as one");
  if (bytes.byteLength < PREAMBLE_SIZE) return undefined;
  return PREAMBLE_SIZE + Buffer.from(bytes.buffer, bytes.byteOffset, PREAMBLE_SIZE).readUInt16BE(MAGIC.byteLength);
}

/**
 * Reads the header at the beginning of an encrypted entry.
 *
 * @throws {StorageError} `DECODE_FAILED`; the message says what is wrong, and never quotes the bytes
 */
export function parseHeader(bytes: Uint8Array): ParsedHeader {
  const size = headerSize(bytes);
  if (size === undefined || bytes.byteLength < size) throw notEncrypted("it ends within its header");
  const own = bytes.subarray(0, size);
  return { header: headerOf(own.subarray(PREAMBLE_SIZE)), bytes: own };
}

/** Reads the header at the beginning of a stream. @throws {StorageError} as {@link parseHeader} does */
export async function readHeader(reader: ByteReader): Promise<ParsedHeader> {
  const preamble = await reader.read(Buffer.alloc(PREAMBLE_SIZE));
  const rest = await reader.read(Buffer.alloc((headerSize(preamble) ?? PREAMBLE_SIZE) - PREAMBLE_SIZE));
  return parseHeader(Buffer.concat([preamble, rest]));
}

const FIELDS: Readonly<Record<keyof EncryptionHeader, (value: unknown) => boolean>> = {
  keyId: isText,
  wrappedKey: optional(isText),
  contentType: isText,
  schema: optional(isText),
  schemaVersion: optional(isText),
  encoding: optional(isText),
  sealedSize: optional(isCount),
  replaces: optional(isReplacedEntry),
};

function headerOf(json: Uint8Array): EncryptionHeader {
  const header = parseObject(json);
  for (const [name, isValid] of Object.entries(FIELDS)) {
    if (!isValid(header[name])) throw notEncrypted(`${name} of its header is not valid`);
  }
  for (const name of Object.keys(header)) {
    if (!Object.hasOwn(FIELDS, name)) throw notEncrypted("its header has a field that is not known");
  }
  return header as unknown as EncryptionHeader;
}

function parseObject(json: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    // Bytes that are not UTF-8 are refused, not replaced.
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json));
  } catch {
    throw notEncrypted("its header is not JSON"); // the parser's message quotes the text
  }
  if (!isObject(value) || Array.isArray(value)) throw notEncrypted("its header is not a JSON object");
  return value;
}

function isReplacedEntry(value: unknown): boolean {
  if (!isObject(value) || !Object.keys(value).every((name) => ["digest", "size", "offset"].includes(name)))
    return false;
  return isText(value.digest) && isCount(value.size) && optional(isCount)(value.offset);
}

/**
 * Returns the data that the ciphertext is bound to: the header, and the place of the entry. It is a digest, because
 * HKDF in Node takes at most 1,024 bytes.
 */
export function associatedData({ directory }: Pick<EntryContext, "directory">, header: Uint8Array): Buffer {
  return createHash("sha256").update(`coatcheck-entry-v1\n${directory}\n`).update(header).digest();
}

function notEncrypted(problem: string): StorageError {
  return new StorageError("DECODE_FAILED", `A stored object can't be decrypted: ${problem}.`, { operation: "hydrate" });
}
