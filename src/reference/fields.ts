import { isDigest } from "../bytes/digest.js";
import { isCount, isText } from "../json/scalars.js";

/** The keys of a field of references, and the rule for its values. */
export interface Field {
  /** The key in each dialect. Absent where the dialect has no such field. */
  readonly native: string;
  readonly bubustack?: string;
  /** The dialects in which every reference has the field. */
  readonly required?: readonly string[];
  /** Returns the parsed value. `undefined` for an invalid value. */
  readonly parse: (value: unknown) => unknown;
  readonly rule: string;
}

// Type and subtype of RFC 6838, section 4.2, with optional parameters of printable ASCII.
const MEDIA_TYPE = /^[\w.!#$&^+-]{1,127}\/[\w.!#$&^+-]{1,127}(?: *;[\x20-\x7e]*)?$/;
const MAX_MEDIA_TYPE_LENGTH = 1024; // parameters have no limit of their own, but a reference must be small

function field<T>(rule: string, isValid: (value: unknown) => value is T) {
  return { rule, parse: (value: unknown) => (isValid(value) ? value : undefined) };
}

const text = field("must be a string", isText);
const count = field("must be a whole number of at least 0", isCount);
const mediaType = field("must be a media type", (value): value is string => isText(value) && isMediaType(value));
const digest = field(
  "must be sha256- and 43 characters of base64url",
  (value): value is string => isText(value) && isDigest(value),
);
const codecNames = { rule: "must be names of codecs with , between", parse: codecNamesOf };

// Every native reference has these, so that no value is returned unchecked.
const required = ["native"];

/** All fields of references, in the order in which they are written. To add a field, add one row here. */
export const FIELDS = {
  ref: { native: "$storageRef", bubustack: "$bubuStorageRef", ...text },
  contentType: { native: "$storageContentType", bubustack: "$bubuStorageContentType", required, ...mediaType },
  size: { native: "$storageSize", required, ...count },
  digest: { native: "$storageDigest", required, ...digest },
  offset: { native: "$storageOffset", ...count },
  encoding: { native: "$storageEncoding", ...codecNames },
  schema: { native: "$storageSchema", bubustack: "$bubuStorageSchema", ...text },
  schemaVersion: { native: "$storageSchemaVersion", bubustack: "$bubuStorageSchemaVersion", ...text },
  path: { native: "$storagePath", bubustack: "$bubuStoragePath", ...text },
  signature: { native: "$storageSignature", ...text },
} satisfies Readonly<Record<string, Field>>;

/** The name of a field of a reference, whatever its key is in a dialect. */
export type ReferenceField = keyof typeof FIELDS;

/** The fields of a reference, except for the place of its entry. */
export type ParsedFields = {
  readonly [Name in Exclude<ReferenceField, "ref">]?: NonNullable<ReturnType<(typeof FIELDS)[Name]["parse"]>>;
};

/** Returns whether a reference can use this name for a codec. */
export function isCodecName(name: unknown): name is string {
  return isText(name) && /^[a-z0-9][a-z0-9-]*$/.test(name);
}

/** Returns whether a reference can have `text` as its content type. */
export function isMediaType(text: string): boolean {
  if (text === "application/json" || text === "text/plain") return true;
  return text.length <= MAX_MEDIA_TYPE_LENGTH && MEDIA_TYPE.test(text);
}

function codecNamesOf(value: unknown): readonly string[] | undefined {
  const names = isText(value) ? value.split(",") : [""];
  return names.every(isCodecName) ? names : undefined;
}
