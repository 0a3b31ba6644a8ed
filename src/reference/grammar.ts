import { FIELDS, type Field, type ReferenceField } from "./fields.js";

/**
 * The way references are written: coatcheck's own grammar, or the grammar of the BubuStack operators and SDK for Go.
 */
export type Dialect = "native" | "bubustack";

/** The keys of a dialect's references, in the order in which they are written. */
export interface Grammar {
  readonly dialect: Dialect;
  /** The key that makes an object a reference. */
  readonly refKey: string;
  readonly fields: ReadonlyMap<string, ReferenceField>;
  /** The other fields that every reference has. */
  readonly required: readonly ReferenceField[];
}

function grammar(dialect: Dialect): Grammar {
  const rows = (Object.entries<Field>(FIELDS) as [ReferenceField, Field][]).filter(([, row]) => row[dialect]);
  return {
    ...{ dialect, refKey: FIELDS.ref[dialect] },
    fields: new Map(rows.map(([field, row]) => [row[dialect]!, field])),
    required: rows.flatMap(([field, row]) => (row.required?.includes(dialect) === true ? field : [])),
  };
}

const NATIVE = grammar("native");
const BUBUSTACK = grammar("bubustack");

/** Both grammars by dialect. Every manager reads both. */
export const GRAMMARS: Readonly<Record<Dialect, Grammar>> = { native: NATIVE, bubustack: BUBUSTACK };

/**
 * Returns the grammar in which `value` is a reference. Its reference key holds a string, and its other keys all
 * belong to that grammar. An object with any other key gives `undefined`. Such an object is plain data, unless
 * {@link isSpoiltReference} applies. Keys that JSON leaves out do not count.
 */
export function referenceGrammar(value: Readonly<Record<string, unknown>>): Grammar | undefined {
  if (isWritten(value, NATIVE)) return NATIVE;
  return isWritten(value, BUBUSTACK) ? BUBUSTACK : undefined;
}

/**
 * Returns whether an object is a damaged native reference. Its reference key holds a string, but another key does not
 * belong to references. Where data is escaped, only references have the reference key. So such an object is a
 * reference that was changed on its way.
 */
export function isSpoiltReference(value: Readonly<Record<string, unknown>>): boolean {
  const { refKey } = NATIVE;
  return typeof value[refKey] === "string" && Object.hasOwn(value, refKey) && !isWritten(value, NATIVE);
}

function isWritten(value: Readonly<Record<string, unknown>>, { refKey, fields }: Grammar): boolean {
  if (typeof value[refKey] !== "string" || !Object.hasOwn(value, refKey)) return false;
  for (const key of Object.keys(value)) {
    if (!fields.has(key) && !isLeftOut(value[key])) return false;
  }
  return true;
}

/**
 * Whether JSON leaves out a key with this value. Otherwise `{$bubuStorageRef: "a", more: undefined}` would be data here,
 * but a reference once it is JSON.
 */
export function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}
