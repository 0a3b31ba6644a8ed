import { isPlainObject } from "../json/is-object.js";
import { findReferences, pathOf } from "./find-references.js";
import { referenceGrammar } from "./grammar.js";
import { parseReference, type BubustackReference, type StorageReference } from "./reference.js";

/** A reference in a dehydrated value, and the path that leads to it. */
export interface FoundReference {
  /** Keys and indexes, starting at the value. Empty when the reference is the whole value. */
  path: (string | number)[];
  reference: StorageReference | BubustackReference;
}

/**
 * Returns whether a value is a valid reference, of either dialect. Only a manager knows whether it is signed, or may
 * be read.
 *
 * @example
 * if (isReference(message.body)) console.log(message.body);
 */
export function isReference(value: unknown): value is StorageReference | BubustackReference {
  try {
    const grammar = isPlainObject(value) ? referenceGrammar(value) : undefined;
    if (grammar === undefined) return false;
    parseReference(value as Record<string, unknown>, grammar);
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds the valid references in a dehydrated value, in their order, without I/O. Escaped data does not count.
 *
 * @throws {StorageError} `UNSERIALIZABLE` for a value that can't be read, or stands inside itself
 * @example
 * for (const { path, reference } of referencesIn(message)) console.log(path, reference);
 */
export function* referencesIn(value: unknown): Generator<FoundReference, void, undefined> {
  for (const { spot, value: reference } of findReferences(
    value,
    undefined,
    (found) => isReference(found) || undefined,
  )) {
    yield { path: pathOf(spot), reference: reference as unknown as StorageReference | BubustackReference };
  }
}
