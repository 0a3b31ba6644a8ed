import type { AllowList } from "../../reference/allow.js";
import { isSpoiltReference, type Dialect, type Grammar } from "../../reference/grammar.js";
import { FOREIGN_KEY, invalidReference } from "../../reference/location.js";
import { parseReference, type ParsedReference } from "../../reference/reference.js";
import { parseSelector } from "../../reference/selector.js";
import { findReferences, type Spot } from "../../reference/find-references.js";
import type { ReferenceKind } from "../../hydrate/entry-node.js";
import { recogniseReference } from "../../hydrate/recognise-reference.js";
import { admitLocation } from "../../access/admit.js";
import { allowListOf } from "../../configure/confine.js";
import { partOf } from "../../hydrate/entry-bytes.js";
import { authenticate } from "../../access/authenticate.js";
import type { VerifySettings } from "./verify-settings.js";

/** A reference to an entry in a payload, or in the entry `holder`. */
export interface FoundReference {
  readonly value: Readonly<Record<string, unknown>>;
  readonly grammar: Grammar;
  readonly spot: Spot | undefined;
  readonly holder?: { readonly key: string; readonly path: string };
}

/** Makes all checks of a reference that need no I/O. */
export class ReferenceCheck {
  private readonly allowed: AllowList;

  constructor(private readonly settings: VerifySettings) {
    this.allowed = allowListOf(settings);
  }

  /**
   * Finds the references to entries in a value. References for resolvers are ignored.
   *
   * @param dialect dialect of the text in which the value was found; in the native dialect, keys of data are escaped
   */
  *find(data: unknown, at: Spot | undefined, dialect: Dialect): Generator<FoundReference, void, undefined> {
    const { resolvers } = this.settings;
    const recognise = (value: FoundReference["value"]): ReferenceKind | undefined =>
      recogniseReference(value, undefined, dialect, resolvers);
    for (const { value, kind, spot } of findReferences(data, at, recognise)) {
      if ("grammar" in kind) yield { value, grammar: kind.grammar, spot };
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
