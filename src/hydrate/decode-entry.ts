import { holdsBytes } from "../object/object-name.js";
import { isAscii, isUtf8, transcode } from "node:buffer";
import { copyInSteps } from "../bytes/copy-bytes.js";
import { parseLines } from "../object/parse-lines.js";
import { parseStoredObject, type StoredObject } from "../object/stored-object.js";
import { formatLocation } from "../paths/location.js";
import type { ParsedReference } from "../reference/reference.js";

/** The content of an entry: bytes as they are, or a StoredObject. */
export type DecodedEntry = { readonly binary: Uint8Array } | DecodedObject;

export interface DecodedObject {
  readonly object: StoredObject;
  /** Whether the data may hold references or escaped keys. Other data need not be walked. */
  readonly hasReserved: boolean;
}

/** Returns whether a reference points at bytes that are stored as they are. */
export function isBinary({ contentType, location }: ParsedReference): boolean {
  // A Blob may have the same type as a StoredObject, so the name of its object decides.
  if (holdsBytes(location.path)) return true;
  return contentType !== undefined && contentType !== "application/json" && contentType !== "text/plain";
}

/** Decodes one entry, once for each of its places. Work that is the same each time is done once. */
export class EntryDecoder {
  private text: string | undefined;
  private reserved: boolean | undefined;
  private opened: DecodedEntry | undefined;
  private copy: Uint8Array | undefined;
  private parsed: StoredObject | undefined;

  constructor(private readonly bytes: Uint8Array) {}

  /** The number of decoded bytes. */
  get size(): number {
    return this.bytes.byteLength;
  }

  /** Whether {@link EntryDecoder.open} was called. */
  get isOpen(): boolean {
    return this.opened !== undefined;
  }

  /**
   * Does in steps what the next {@link EntryDecoder.decode} would do at once. That is everything before parsing, and
   * parsing too if the text has lines.
   */
  *prepare(reference: ParsedReference): Generator<undefined, void, undefined> {
    if (isBinary(reference)) {
      this.copy = yield* copyInSteps(this.bytes);
      return;
    }
    const bytes = this.buffer;
    this.parsed = yield* parseLines(bytes, formatLocation(reference.location), textOf);
    if (this.parsed === undefined) this.text ??= yield* textInSteps(bytes);
    yield undefined;
    this.reserved ??= mayHoldReservedKey(bytes);
    yield undefined;
  }

  /**
   * Returns the same value for all calls. No caller may hand out a part of it that other callers also hand out.
   *
   * @throws {StorageError} `DECODE_FAILED`
   */
  open(reference: ParsedReference): DecodedEntry {
    return (this.opened ??= this.decode(reference));
  }

  /**
   * Returns a new value for each call, so that no two places share one.
   *
   * @throws {StorageError} `DECODE_FAILED`
   */
  decode(reference: ParsedReference): DecodedEntry {
    if (isBinary(reference)) {
      const binary = this.copy ?? new Uint8Array(this.bytes);
      this.copy = undefined;
      return { binary };
    }
    const bytes = this.buffer;
    const object = this.parsed ?? parseStoredObject((this.text ??= textOf(bytes)), formatLocation(reference.location));
    this.parsed = undefined; // returned only once
    const hasReserved = object.contentType === "json" && (this.reserved ??= mayHoldReservedKey(bytes));
    return { object, hasReserved };
  }

  private get buffer(): Buffer {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}

// Before Node 24, decoding text that is not ASCII by way of UTF-16 takes a third of the time.
const IS_SLOW = Number.parseInt(process.versions.node) < 24;

// Bytes of text that one step decodes, which takes some milliseconds. Joining the steps takes time as well.
const TEXT_STEP = (IS_SLOW ? 2 : 16) * 1024 * 1024;
// A character of UTF-8 has at most this many bytes after its first.
const MAX_CONTINUATION = 3;

/** Does the same as {@link textOf} for a large text, in steps. */
function* textInSteps(bytes: Buffer): Generator<undefined, string, undefined> {
  if (bytes.byteLength <= TEXT_STEP || isAscii(bytes)) return textOf(bytes);
  const parts: string[] = [];
  for (let start = 0, end = 0; start < bytes.byteLength; start = end) {
    end = characterStart(bytes, start + TEXT_STEP);
    parts.push(textOf(bytes.subarray(start, end)));
    yield undefined;
  }
  return parts.join("");
}

/** Returns where the first character begins at or after `index`. A byte outside any character counts as one. */
function characterStart(bytes: Buffer, index: number): number {
  const last = Math.min(index + MAX_CONTINUATION, bytes.byteLength);
  while (index < last && (bytes[index]! & 0xc0) === 0x80) index++;
  return Math.min(index, last);
}

/**
 * Does the same as `bytes.toString()`, but faster. Known ASCII takes less time, on Node 20 an eighth. There, other
 * text takes a third of the time by way of UTF-16.
 */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!IS_SLOW || !isUtf8(bytes)) return bytes.toString(); // which replaces bytes that are not UTF-8
  return transcode(bytes, "utf8", "utf16le").toString("utf16le");
}

/**
 * Returns whether JSON may hold a key that begins with `$storage` or `$bubu`, also after more dollar signs. Such a
 * key is a reference of any kind, or an escaped key. Any of its characters may be written as an escape. The first
 * searches look for one rare byte, which is very fast if the byte is missing.
 */
function mayHoldReservedKey(json: Buffer): boolean {
  if (json.includes("\\u0024")) return true; // a dollar sign
  if (!json.includes(0x24) || !json.includes('"$')) return false;
  if (json.includes("$storage") || json.includes("$bubu")) return true;
  return json.includes("\\u006") || json.includes("\\u007"); // the letters of both words
}
