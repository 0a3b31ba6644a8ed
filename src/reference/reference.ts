import { FIELDS, type ParsedFields, type ReferenceField } from "./fields.js";
import type { Dialect, Grammar } from "./grammar.js";
import type { Location } from "../paths/location.js";
import { invalidReference, parseLocation } from "./location.js";

/** The object that replaces an offloaded value. */
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
  /** Names of the codecs in the order applied, separated by `,`. */
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

/** A reference that was checked. Its fields have the same names in every dialect. */
export interface ParsedReference extends ParsedFields {
  readonly dialect: Dialect;
  readonly location: Location;
}

/**
 * Checks every field of a reference.
 *
 * @param value an object that `referenceGrammar` found to be a reference in `grammar`
 * @param locate splits the text of a reference into its parts; a caller with many equal texts may remember the
 *   results
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
    const said = FIELDS[field].parse(value[key]);
    if (said === undefined) throw invalidReference(`its ${key} ${FIELDS[field].rule}`);
    parsed[field] = said;
  }
  for (const field of grammar.required) {
    if (parsed[field] === undefined) throw invalidReference(`it has no ${FIELDS[field].native}`);
  }
  return parsed as unknown as ParsedReference;
}

/** The fields of a reference that is being written. */
export type ReferenceContent = Partial<Record<ReferenceField, string | number | undefined>> & { ref: string };

/** Writes the fields that `grammar` has a key for into `slot`, in the grammar's order. Returns the slot. */
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
