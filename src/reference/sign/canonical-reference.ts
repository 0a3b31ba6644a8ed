import { isCount } from "../../json/scalars.js";
import { GRAMMARS } from "../grammar.js";

// Tells a signature of a reference from whatever else a key might be used for, and this construction from later ones.
const PREFIX = "coatcheck-reference-v1:";

/** The fields of a reference that a signature covers: all but the signature itself. */
export type SignedFields = Readonly<Record<string, string | number>>;

/** What a signature says besides the fields of its reference. */
export interface SignedClaims {
  /** Whom the reference is for; absent: anybody. */
  readonly audience?: string | undefined;
  /** Seconds since 1970-01-01T00:00:00Z from which on it is not accepted any more; absent: it does not expire. */
  readonly expires?: number | undefined;
}

/**
 * Reads the fields that a signature covers, each once, so that what is used later is what was verified. `undefined` when
 * one holds anything but text or a whole number: such a reference was never signed.
 */
export function signedFields(reference: Readonly<Record<string, unknown>>): SignedFields | undefined {
  const fields: Record<string, string | number> = {};
  for (const key of Object.keys(reference)) {
    const field = GRAMMARS.native.fields.get(key);
    if (field === undefined || field === "signature") continue;
    const value = reference[key];
    if (value === undefined) continue;
    if (!isSignable(value)) return undefined;
    fields[key] = value;
  }
  return fields;
}

/**
 * The text that is signed: a prefix, and the canonical JSON (RFC 8785, JCS) of one flat object that holds the fields, the
 * audience and the expiry. Two different references or claims never have the same one: names of fields begin with `$`,
 * so none is that of a claim.
 */
export function canonicalText(fields: SignedFields, { audience, expires }: SignedClaims): string {
  const content: Record<string, string | number> = { ...fields };
  if (audience !== undefined) content["audience"] = audience;
  if (expires !== undefined) content["expires"] = expires;
  // Names are ASCII, so that any order of text is that of RFC 8785, section 3.2.3. Texts and whole numbers are written as
  // JSON.stringify writes them: sections 3.2.2.2 and 3.2.2.3.
  const sorted: Record<string, string | number> = {};
  for (const name of Object.keys(content).sort()) sorted[name] = content[name]!;
  return PREFIX + JSON.stringify(sorted);
}

// RFC 8785, section 3.2.2.2, knows no lone surrogates, which have no UTF-8.
function isSignable(value: unknown): value is string | number {
  return typeof value === "string" ? value.isWellFormed() : isCount(value);
}
