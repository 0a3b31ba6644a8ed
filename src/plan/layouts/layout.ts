import type { SchemaTag } from "../../object/stored-object.js";
import type { CallSigner } from "../../reference/sign/signature.js";
import type { PlannedEntry } from "../planned-entry.js";

/** The facts about an entry once its bytes are known. */
export interface StoredEntry {
  /** Path of the object, as the store takes it. */
  readonly path: string;
  /** Bytes of the entry as stored. */
  readonly size: number;
  /** SHA-256 of those bytes. */
  readonly digest: Buffer;
  /** Where the entry begins in an object that it shares with others. */
  readonly offset?: number | undefined;
  /** Names of the codecs that were applied to the entry, in their order. */
  readonly encodings?: readonly string[] | undefined;
}

/** The rules for where the entries of one call go and how their references are written. Each dialect has its own. */
export interface Layout {
  /** Returns the most bytes of JSON that the reference to an entry can have. */
  referenceSize(entry: PlannedEntry): number;
  /** Returns the path of an entry's own object. It is absolute where the prefix is. */
  objectPath(entry: PlannedEntry, digest: Buffer): string;
  /** Returns the path of an object that entries share. Absent in a layout without shared objects. */
  sharedPath?(kind: "json" | "binary", digest: Buffer): string;
  /** Writes the reference to an entry into its slot. */
  fillSlot(entry: PlannedEntry, stored: StoredEntry): void;
}

/** Where the objects of one call lie, and what their references and StoredObjects say of the schema. */
export interface LayoutOptions extends SchemaTag {
  /** A path. In the native layout also `scheme://container/prefix`, in the form that `formatLocation` gives. */
  readonly prefix: string;
  readonly scope: string;
  /** Where the objects lie below the prefix: the scope, and the label of objects that end by age. */
  readonly directory: string;
  /** Which entries share objects. In the bubustack layout no entries do. */
  readonly pack: PackLimits | false;
  /** Names of the codecs that may be applied to an entry. The bubustack layout applies none. */
  readonly encodings: readonly string[];
  /** Signs the references. If absent, they are not signed, as always in the bubustack layout. */
  readonly signer?: CallSigner | undefined;
}

/** Which entries share objects. */
export interface PackLimits {
  /** Most bytes of an entry that shares an object. */
  readonly maxEntrySize: number;
  /** Most bytes of a shared object. */
  readonly maxPackSize: number;
}

/**
 * Returns the schema tag of the StoredObject that an entry becomes. A schema describes a whole payload. References to
 * parts of it carry the schema too. But only a payload that leaves whole is stored as an object of that schema.
 */
export function schemaTagOf(entry: PlannedEntry, options: LayoutOptions): SchemaTag {
  return entry.path.length === 0 ? options : {};
}
