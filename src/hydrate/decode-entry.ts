import { holdsBytes } from "../object/object-name.js";
import { isAscii, isUtf8, transcode } from "node:buffer";
import { copyInSteps } from "../bytes/copy-bytes.js";
import { parseLines } from "../object/parse-lines.js";
import { parseStoredObject, type StoredObject } from "../object/stored-object.js";
import { formatLocation } from "../paths/location.js";
import type { ParsedReference } from "../reference/reference.js";

/** What an entry holds: bytes as they are, or a StoredObject. */
export type DecodedEntry = { readonly binary: Uint8Array } | DecodedObject;

export interface DecodedObject {
  readonly object: StoredObject;
  /** Whether its data may hold references or escaped keys: no other data needs to be walked. */
  readonly hasReserved: boolean;
}

/** Whether a reference points at bytes that are stored as they are. */
export function isBinary({ contentType, location }: ParsedReference): boolean {
  // A Blob may well be of a type that StoredObjects have; its object's name tells.
  if (holdsBytes(location.path)) return true;
  return contentType !== undefined && contentType !== "application/json" && contentType !== "text/plain";
}

/** Decodes one entry, as often as there are places for it. What is the same each time is done once. */
export class EntryDecoder {
  private text: string | undefined;
  private reserved: boolean | undefined;
  private opened: DecodedEntry | undefined;
  private copy: Uint8Array | undefined;
  private parsed: StoredObject | undefined;

  constructor(private readonly bytes: Uint8Array) {}

  /** Bytes, decoded. */
  get size(): number {
    return this.bytes.byteLength;
  }

  /** Whether {@link EntryDecoder.open} was called. */
  get isOpen(): boolean {
    return this.opened !== undefined;
  }

  /**
   * Does in steps what the next {@link EntryDecoder.decode} would do at once: all that comes before parsing, and parsing too where the
   * text has lines.
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
   * One value for all calls: nobody must be given any of it that others are given too.
   *
   * @throws {StorageError} `DECODE_FAILED`
   */
  open(reference: ParsedReference): DecodedEntry {
    return (this.opened ??= this.decode(reference));
  }

  /**
   * A value of its own for each call, so that no two places share one.
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
    this.parsed = undefined; // it is given once
    const hasReserved = object.contentType === "json" && (this.reserved ??= mayHoldReservedKey(bytes));
    return { object, hasReserved };
  }

  private get buffer(): Buffer {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}

// Before Node 24, text that is not ASCII is decoded in a third of the time by way of UTF-16.
const IS_SLOW = Number.parseInt(process.versions.node) < 24;

// Bytes of text that one step decodes: some milliseconds of work. To put steps together takes time as well.
const TEXT_STEP = (IS_SLOW ? 2 : 16) * 1024 * 1024;
// A character of UTF-8 has at most so many bytes after its first.
const MAX_CONTINUATION = 3;

/** The same as {@link textOf}, of a large text in steps. */
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

/** Where the first character begins at or after `index`; a byte that is part of none counts as one. */
function characterStart(bytes: Buffer, index: number): number {
  const last = Math.min(index + MAX_CONTINUATION, bytes.byteLength);
  while (index < last && (bytes[index]! & 0xc0) === 0x80) index++;
  return Math.min(index, last);
}

/**
 * The same as `bytes.toString()`. ASCII that is known to be takes less time, on Node 20 an eighth; there, other text takes
 * a third of it by way of UTF-16.
 */
function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!IS_SLOW || !isUtf8(bytes)) return bytes.toString(); // which replaces what is not UTF-8
  return transcode(bytes, "utf8", "utf16le").toString("utf16le");
}

/**
 * Whether JSON may hold a key that begins with `$storage`, `$bubu`, or one of them after more dollar signs: a reference
 * of any kind, or an escaped key. Any character of it may be written as an escape. The first searches are for one rare
 * byte, which takes hardly any time where it is not found.
 */
function mayHoldReservedKey(json: Buffer): boolean {
  if (json.includes("\\u0024")) return true; // a dollar sign
  if (!json.includes(0x24) || !json.includes('"$')) return false;
  if (json.includes("$storage") || json.includes("$bubu")) return true;
  return json.includes("\\u006") || json.includes("\\u007"); // the letters of both words
}
