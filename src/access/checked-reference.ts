import { readingFailure } from "../errors/as-storage-error.js";
import { FIELDS } from "../reference/fields.js";
import { isSpoiltReference, referenceGrammar, type Grammar } from "../reference/grammar.js";
import { FOREIGN_KEY, invalidReference } from "../reference/location.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import type { AuthenticReference } from "../reference/sign/signature.js";
import { authenticate } from "./authenticate.js";
import type { ManagerSettings } from "../configure/settings.js";

/** A reference from a user that was checked. */
export interface CheckedReference {
  readonly grammar: Grammar;
  readonly reference: ParsedReference;
  /** The fields that were checked. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The fields that its signature vouches for, where one was required. */
  readonly authentic: AuthenticReference | undefined;
}

/**
 * Checks a reference that stands alone: its signature first, then its fields. It does not check whether the reference
 * may be read.
 *
 * @throws {StorageError} `SIGNATURE_INVALID`, `INVALID_REFERENCE`, `UNSERIALIZABLE` for what can't be read
 */
export function checkedReference(
  value: unknown,
  settings: Pick<ManagerSettings, "signing" | "audience">,
  operation: string,
): CheckedReference {
  try {
    if (typeof value !== "object" || value === null) throw invalidReference("it is not an object");
    const given = value as Record<string, unknown>;
    const grammar = referenceGrammar(given);
    if (grammar === undefined) {
      throw invalidReference(isSpoiltReference(given) ? FOREIGN_KEY : "it has not the form of a reference");
    }
    const authentic = authenticate(given, grammar, settings, operation);
    const fields = authentic?.fields ?? given;
    return { grammar, reference: parseReference(fields, grammar), fields, authentic };
  } catch (error) {
    throw readingFailure(error, operation);
  }
}

/** Refuses a reference that selects a part. @throws {StorageError} `INVALID_REFERENCE` */
export function assertWhole({ reference, grammar }: CheckedReference): void {
  if (reference.path === undefined) return;
  throw invalidReference(`its ${FIELDS.path[grammar.dialect]} selects a part, which only hydrate can do`);
}
