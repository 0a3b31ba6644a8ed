import { isCount } from "../../json/scalars.js";
import { GRAMMARS } from "../grammar.js";

// Keeps signatures of references apart from other uses of a key, and this construction apart from later ones.
const PREFIX = "coatcheck-reference-v1:";

/** The fields of a reference that a signature covers: all fields except the signature itself. */
export type SignedFields = Readonly<Record<string, string | number>>;

/** The claims of a signature besides the fields of its reference. */
export interface SignedClaims {
  /** The audience of the reference. If absent, it is for anybody. */
  readonly audience?: string | undefined;
  /** Seconds since 1970-01-01T00:00:00Z, from which on the reference is refused. If absent, it does not expire. */
  readonly expires?: number | undefined;
}

/**
 * Reads the fields that a signature covers. Each field is read once, so that later code uses exactly what was
 * verified. The result is `undefined` when a field holds anything but text or a whole number. Such a reference was
 * never signed.
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
 * Returns the text that is signed. It is a prefix, and the canonical JSON (RFC 8785, JCS) of one flat object with the
 * fields, the audience and the expiry. Two different references or claims never have the same text. Names of fields
 * begin with `$`, so no field has the name of a claim.
 */
export function canonicalText(fields: SignedFields, { audience, expires }: SignedClaims): string {
  const content: Record<string, string | number> = { ...fields };
  if (audience !== undefined) content["audience"] = audience;
  if (expires !== undefined) content["expires"] = expires;
  // Names are ASCII, so sorting them as text gives the order of RFC 8785, section 3.2.3. Texts and whole numbers are
  // written as JSON.stringify writes them: sections 3.2.2.2 and 3.2.2.3.
  const sorted: Record<string, string | number> = {};
  for (const name of Object.keys(content).sort()) sorted[name] = content[name]!;
  return PREFIX + JSON.stringify(sorted);
}

// RFC 8785, section 3.2.2.2, allows no lone surrogates, which have no UTF-8 form.
function isSignable(value: unknown): value is string | number {
  return typeof value === "string" ? value.isWellFormed() : isCount(value);
}
