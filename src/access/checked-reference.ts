import { isSpoiltReference, referenceGrammar, type Grammar } from "../reference/grammar.js";
import { FOREIGN_KEY, invalidReference } from "../reference/location.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import type { AuthenticReference } from "../reference/sign/signature.js";
import { authenticate } from "./authenticate.js";
import type { ManagerSettings } from "../configure/settings.js";

/** A reference that a user handed in, checked. */
export interface CheckedReference {
  readonly grammar: Grammar;
  readonly reference: ParsedReference;
  /** The fields that were checked. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What its signature vouches for, where one was asked for. */
  readonly authentic: AuthenticReference | undefined;
}

/**
 * Checks a reference that stands alone: its signature first, then its fields. Whether it may be read is not looked at.
 *
 * @throws {StorageError} `SIGNATURE_INVALID`, `INVALID_REFERENCE`
 */
export function checkedReference(
  value: unknown,
  settings: Pick<ManagerSettings, "signing" | "audience">,
  operation: string,
): CheckedReference {
  if (typeof value !== "object" || value === null) throw invalidReference("it is not an object");
  const given = value as Record<string, unknown>;
  const grammar = referenceGrammar(given);
  if (grammar === undefined) {
    throw invalidReference(isSpoiltReference(given) ? FOREIGN_KEY : "it has not the form of a reference");
  }
  const authentic = authenticate(given, grammar, settings, operation);
  const fields = authentic?.fields ?? given;
  return { grammar, reference: parseReference(fields, grammar), fields, authentic };
}
