import { checkSignature } from "../access/authenticate.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import { StorageError } from "../errors/error.js";
import { formatPayloadPath, type PayloadPath } from "../plan/payload-path.js";
import { isSpoiltReference, referenceGrammar, type Grammar } from "../reference/grammar.js";
import { FOREIGN_KEY, invalidReference } from "../reference/location.js";
import { parseReference, type ParsedReference } from "../reference/reference.js";
import { isReference } from "../reference/references-in.js";
import { isAuthentic, signatureInvalid } from "../reference/sign/signature.js";
import { entryKey, leastDecodedSize } from "../reference/stored-entry.js";
import { findResolver } from "../resolvers/resolver.js";

type Fields = Readonly<Record<string, unknown>>;

/** References that a payload passes on, and the least that they take of the budgets of a hydration. */
export class PassedReferences {
  references = 0;
  /** References that are data in this payload, because `references` is "escape". */
  escaped = 0;
  /** Decoded bytes. */
  bytes = 0;
  private parts: Set<string> | undefined;

  constructor(private readonly settings: DehydrateSettings) {}

  /**
   * Returns whether an object of the payload stays a reference, and counts it.
   *
   * @param path returns where the object stands
   * @throws {StorageError} `INVALID_REFERENCE`, `SIGNATURE_INVALID` for a reference that must not pass
   */
  keeps(object: Fields, path: () => PayloadPath): boolean {
    const { references, resolvers, signing, dialect } = this.settings;
    // With "adopt", an earlier step has already made these references this call's own.
    if (references === "escape") {
      if (signing !== undefined && this.passesByItself(object)) return true;
      if (isReference(object)) this.escaped++;
      return false;
    }
    const grammar = referenceGrammar(object);
    // A spoilt reference is one that its readers would refuse.
    const isSpoilt = dialect === "native" && grammar === undefined && isSpoiltReference(object);
    if (grammar === undefined && !isSpoilt && findResolver(resolvers, object) === undefined) return false;
    const place = formatPayloadPath(path());
    if (references === "reject") {
      throw new StorageError(
        "INVALID_REFERENCE",
        `The payload holds a reference at ${place}, which references: "reject" forbids.`,
        { operation: "dehydrate" },
      );
    }
    if (isSpoilt) throw badReference(place, invalidReference(FOREIGN_KEY));
    if (grammar !== undefined) this.add(this.good(object, grammar, place));
    else if (signing === undefined) this.references++; // with signing, resolvers do nothing by themselves
    return true;
  }

  private add(reference: ParsedReference): void {
    this.references++;
    if (reference.path !== undefined) {
      // An entry is decoded once for all its parts.
      const key = entryKey(reference);
      if (this.parts?.has(key) === true) return;
      (this.parts ??= new Set()).add(key);
    }
    this.bytes += leastDecodedSize(reference);
  }

  /** Returns whether a reference has an authentic signature, even an expired one. A reference without it is data. */
  private passesByItself(object: Fields): boolean {
    const grammar = referenceGrammar(object);
    const checked = grammar && checkSignature(object, grammar, this.settings);
    if (grammar === undefined || checked === undefined || !isAuthentic(checked)) return false;
    try {
      this.add(parseReference(object, grammar));
      return true;
    } catch {
      return false; // it is not well formed
    }
  }

  private good(object: Fields, grammar: Grammar, place: string): ParsedReference {
    const checked = checkSignature(object, grammar, this.settings);
    if (checked !== undefined && !isAuthentic(checked)) {
      throw new StorageError(
        "SIGNATURE_INVALID",
        `The reference at ${place} of the payload has no signature that is accepted; see the cause.`,
        { operation: "dehydrate", cause: signatureInvalid(checked.status, "dehydrate") },
      );
    }
    try {
      return parseReference(object, grammar);
    } catch (cause) {
      throw badReference(place, cause);
    }
  }
}

function badReference(place: string, cause: unknown): StorageError {
  const message = `The reference at ${place} of the payload is not valid; see the cause.`;
  return new StorageError("INVALID_REFERENCE", message, { operation: "dehydrate", cause });
}
