import type { AllowList } from "../../reference/allow.js";
import { GRAMMARS, isSpoiltReference, referenceGrammar, type Dialect, type Grammar } from "../../reference/grammar.js";
import { FOREIGN_KEY, invalidReference } from "../../reference/location.js";
import { parseReference, type ParsedReference } from "../../reference/reference.js";
import { parseSelector } from "../../reference/selector.js";
import { findResolver } from "../../resolvers/resolver.js";
import { admitLocation } from "../../access/admit.js";
import { allowListOf } from "../../configure/confine.js";
import { partOf } from "../../hydrate/fetch-entry.js";
import { authenticate } from "../../access/authenticate.js";
import type { VerifySettings } from "./verify-settings.js";
import { asStorageError } from "../../errors/as-storage-error.js";

/** What an object was recognised as: a reference to an entry, or one of a resolver, which is not looked at. */
export type RecognisedReference = { readonly grammar: Grammar } | { readonly grammar: undefined };

/** Checks all of a reference that can be checked without I/O. */
export class ReferenceCheck {
  private readonly allowed: AllowList;

  constructor(private readonly settings: VerifySettings) {
    this.allowed = allowListOf(settings);
  }

  /** @param dialect that of what the value was found in: in the native one keys of data are escaped */
  recognise(value: Readonly<Record<string, unknown>>, dialect: Dialect): RecognisedReference | undefined {
    const grammar = referenceGrammar(value);
    if (grammar !== undefined) return { grammar };
    if (dialect === "native" && isSpoiltReference(value)) return { grammar: GRAMMARS.native };
    try {
      return findResolver(this.settings.resolvers, value) === undefined ? undefined : { grammar: undefined };
    } catch (error) {
      throw asStorageError(error, { operation: "resolve" }, "resolver");
    }
  }

  /** @throws {StorageError} `SIGNATURE_INVALID`, `INVALID_REFERENCE`, `UNKNOWN_SCHEME`, `REFERENCE_DENIED` */
  check(value: Readonly<Record<string, unknown>>, grammar: Grammar): ParsedReference {
    if (grammar.dialect === "native" && isSpoiltReference(value)) throw invalidReference(FOREIGN_KEY);
    const fields = authenticate(value, grammar, this.settings, "verify")?.fields ?? value;
    const reference = parseReference(fields, grammar);
    admitLocation(reference.location, this.allowed, this.settings.store);
    partOf(reference);
    if (reference.path !== undefined) parseSelector(reference.path);
    return reference;
  }
}
