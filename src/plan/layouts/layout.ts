import type { SchemaTag } from "../../object/stored-object.js";
import type { CallSigner } from "../../reference/sign/signature.js";
import type { PlannedEntry } from "../planned-entry.js";

/** What is known of an entry once its bytes are. */
export interface StoredEntry {
  /** Path of the object, as the store takes it. */
  readonly path: string;
  /** Bytes of the entry as stored. */
  readonly size: number;
  /** SHA-256 of those bytes. */
  readonly digest: Buffer;
  /** Where the entry begins in the object, when it shares it with others. */
  readonly offset?: number | undefined;
  /** Names of the codecs that were applied to it, in their order. */
  readonly encodings?: readonly string[] | undefined;
}

/** Where the entries of one call go and how their references are written: one for each dialect. */
export interface Layout {
  /** Bytes of JSON that the reference to an entry has at most. */
  referenceSize(entry: PlannedEntry): number;
  /** Path of an entry's own object, absolute where the prefix is. */
  objectPath(entry: PlannedEntry, digest: Buffer): string;
  /** Path of an object that entries share; absent where none do. */
  sharedPath?(kind: "json" | "binary", digest: Buffer): string;
  /** Writes the reference to an entry into its slot. */
  fillSlot(entry: PlannedEntry, stored: StoredEntry): void;
}

/** Where the objects of one call lie, and what their references and StoredObjects say of the schema. */
export interface LayoutOptions extends SchemaTag {
  /** A path; in the native layout also `scheme://container/prefix`, in the form that `formatLocation` gives. */
  readonly prefix: string;
  readonly scope: string;
  /** Where the objects lie below the prefix: the scope, and the label of those that end by age. */
  readonly directory: string;
  /** Which entries share objects; in the bubustack layout none do. */
  readonly pack: PackLimits | false;
  /** Names of the codecs that may be applied to an entry; in the bubustack layout none are. */
  readonly encodings: readonly string[];
  /** Signs the references; absent: they are not signed, as in the bubustack layout they never are. */
  readonly signer?: CallSigner | undefined;
}

/** Which entries share objects. */
export interface PackLimits {
  /** Bytes that an entry has at most. */
  readonly maxEntrySize: number;
  /** Bytes that an object has at most. */
  readonly maxPackSize: number;
}

/**
 * The tag of the StoredObject that an entry becomes. A schema describes a whole payload: references to its parts say
 * what they belong to, but only a payload that leaves whole is stored as an object of that schema.
 */
export function schemaTagOf(entry: PlannedEntry, options: LayoutOptions): SchemaTag {
  return entry.path.length === 0 ? options : {};
}
