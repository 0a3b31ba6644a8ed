import { isDigest } from "../bytes/digest.js";
import type { Dialect, Grammar, ReferenceField } from "./grammar.js";
import type { Location } from "../paths/location.js";
import { invalidReference, parseLocation } from "./location.js";

/** The object that stands where an offloaded value stood. */
export interface StorageReference {
  /** Path of the object in the store, or `scheme://container/path` when the store routes. */
  $storageRef: string;
  /** `application/json`, `text/plain`, or the media type of binary data. */
  $storageContentType: string;
  /** Bytes of the entry as stored. */
  $storageSize: number;
  /** `sha256-` + base64url, of those bytes. */
  $storageDigest: string;
  /** Where the entry begins in the object, when it lies in a pack. */
  $storageOffset?: number;
  /** Names of the codecs in the order applied, `,` between. */
  $storageEncoding?: string;
  $storageSchema?: string;
  $storageSchemaVersion?: string;
  /** The part to select after hydration, such as `items[*].id`. Set by users. */
  $storagePath?: string;
  /** `keyId:` + base64url. */
  $storageSignature?: string;
}

/** A reference in the grammar of the BubuStack operators and SDK for Go. */
export interface BubustackReference {
  $bubuStorageRef: string;
  $bubuStorageContentType?: string;
  $bubuStorageSchema?: string;
  $bubuStorageSchemaVersion?: string;
  $bubuStoragePath?: string;
}

/** A reference that was checked, its fields under the same names in every dialect. */
export interface ParsedReference {
  readonly dialect: Dialect;
  readonly location: Location;
  readonly contentType?: string;
  readonly size?: number;
  readonly digest?: string;
  readonly offset?: number;
  readonly encoding?: readonly string[];
  readonly schema?: string;
  readonly schemaVersion?: string;
  readonly path?: string;
  readonly signature?: string;
}

// Type and subtype of RFC 6838, section 4.2, with optional parameters of printable ASCII.
const MEDIA_TYPE = /^[\w.!#$&^+-]{1,127}\/[\w.!#$&^+-]{1,127}(?: *;[\x20-\x7e]*)?$/;
const MAX_MEDIA_TYPE_LENGTH = 1024; // parameters have no limit of their own, a reference has to be small

type FieldCheck = (value: unknown) => boolean;

const isText: FieldCheck = (value) => typeof value === "string";
const isCount: FieldCheck = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

const CHECKS: Readonly<Record<ReferenceField, readonly [FieldCheck, string]>> = {
  ref: [isText, "must be a string"],
  contentType: [
    (value) =>
      value === "application/json" || value === "text/plain" || (typeof value === "string" && isMediaType(value)),
    "must be a media type",
  ],
  size: [isCount, "must be a whole number of at least 0"],
  digest: [(value) => typeof value === "string" && isDigest(value), "must be sha256- and 43 characters of base64url"],
  offset: [isCount, "must be a whole number of at least 0"],
  encoding: [
    (value) => typeof value === "string" && value.split(",").every((name) => isCodecName(name)),
    "must be names of codecs with , between",
  ],
  schema: [isText, "must be a string"],
  schemaVersion: [isText, "must be a string"],
  path: [isText, "must be a string"],
  signature: [isText, "must be a string"],
};

// Every native reference has these, so that nothing is handed out unchecked.
const REQUIRED: Readonly<Record<Dialect, readonly ReferenceField[]>> = {
  native: ["contentType", "size", "digest"],
  bubustack: [],
};

/** Whether a reference can name a codec so. */
export function isCodecName(name: unknown): name is string {
  return typeof name === "string" && /^[a-z0-9][a-z0-9-]*$/.test(name);
}

/** Whether a reference can have `text` as its content type. */
export function isMediaType(text: string): boolean {
  return text.length <= MAX_MEDIA_TYPE_LENGTH && MEDIA_TYPE.test(text);
}

/**
 * Checks every field of a reference.
 *
 * @param value an object that `referenceGrammar` found to be a reference in `grammar`
 * @param locate takes the text of a reference apart; a caller with many of one text may remember what it gives
 * @throws {StorageError} `INVALID_REFERENCE` that names the field
 */
export function parseReference(
  value: Readonly<Record<string, unknown>>,
  grammar: Grammar,
  locate: (ref: string) => Location = parseLocation,
): ParsedReference {
  const location = locate(value[grammar.refKey] as string);
  const parsed: Record<string, unknown> = { dialect: grammar.dialect, location };
  for (const key of Object.keys(value)) {
    const field = grammar.fields.get(key);
    if (field === undefined || field === "ref" || value[key] === undefined) continue;
    const [isValid, rule] = CHECKS[field];
    if (!isValid(value[key])) throw invalidReference(`its ${key} ${rule}`);
    parsed[field] = field === "encoding" ? (value[key] as string).split(",") : value[key];
  }
  for (const field of REQUIRED[grammar.dialect]) {
    if (parsed[field] === undefined) throw invalidReference(`it has no ${grammar.keys[field]!}`);
  }
  return parsed as unknown as ParsedReference;
}

/** What a reference that is being written says. */
export type ReferenceContent = Partial<Record<ReferenceField, string | number | undefined>> & { ref: string };

/** Writes the fields that `grammar` has a key for into `slot`, in the grammar's order. Gives the slot back. */
export function writeReference(
  slot: Record<string, unknown>,
  content: ReferenceContent,
  grammar: Grammar,
): Record<string, unknown> {
  for (const [key, field] of grammar.fields) {
    const value = content[field];
    if (value !== undefined) slot[key] = value;
  }
  return slot;
}
