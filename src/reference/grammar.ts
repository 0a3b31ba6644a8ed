import { FIELDS, type Field, type ReferenceField } from "./fields.js";

/** How references are written: coatcheck's own grammar, or that of the BubuStack operators and SDK for Go. */
export type Dialect = "native" | "bubustack";

/** The keys of a dialect's references, in the order in which they are written. */
export interface Grammar {
  readonly dialect: Dialect;
  /** The key that makes an object a reference. */
  readonly refKey: string;
  readonly fields: ReadonlyMap<string, ReferenceField>;
  /** What every reference has, besides. */
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
 * The grammar in which `value` is a reference: its reference key holds a string, and its other keys are all keys of
 * that grammar. With one more key it is `undefined`: plain data, unless {@link isSpoiltReference}. Keys that JSON leaves
 * out do not count.
 */
export function referenceGrammar(value: Readonly<Record<string, unknown>>): Grammar | undefined {
  if (isWritten(value, NATIVE)) return NATIVE;
  return isWritten(value, BUBUSTACK) ? BUBUSTACK : undefined;
}

/**
 * Whether an object is meant as a native reference and is none: its reference key holds a string, beside a key that is none
 * of a reference's. Where data is escaped, nothing but a reference has that key, so it is one that was changed on its way.
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

// Otherwise {$bubuStorageRef: "a", more: undefined} would be data here and, once it is JSON, a reference.
function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}
