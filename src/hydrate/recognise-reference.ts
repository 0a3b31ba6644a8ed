import { isStorageError, StorageError, textOf } from "../errors/error.js";
import { formatLocation } from "../paths/location.js";
import { formatPayloadPath } from "../plan/payload-path.js";
import type { Place } from "../reference/collect.js";
import { GRAMMARS, isSpoiltReference, referenceGrammar, type Dialect } from "../reference/grammar.js";
import { pathOfPlace } from "../reference/find-references.js";
import { findResolver, type ReferenceResolver } from "../resolvers/resolver.js";
import type { EntryNode, ReferenceKind } from "./entry-node.js";
import { asStorageError, restated } from "../errors/as-storage-error.js";

/**
 * Returns the kind of reference that an object is for hydration, if it is one.
 *
 * @param parent the entry that the object was found in
 * @param dialect the dialect of the payload or entry that the object was found in
 * @throws {StorageError} what the `matches` of a resolver throws
 */
export function recogniseReference(
  value: Readonly<Record<string, unknown>>,
  parent: EntryNode | undefined,
  dialect: Dialect,
  resolvers: readonly ReferenceResolver[],
): ReferenceKind | undefined {
  const grammar = referenceGrammar(value);
  if (grammar !== undefined) return { grammar, parent };
  // Where data is not escaped, data may have that key.
  if (dialect === "native" && isSpoiltReference(value)) return { grammar: GRAMMARS.native, parent, isSpoilt: true };
  try {
    const resolver = findResolver(resolvers, value);
    return resolver === undefined ? undefined : { resolver };
  } catch (error) {
    throw asStorageError(error, { operation: "resolve" }, "resolver");
  }
}

/**
 * Returns the same error, with the place of the reference.
 *
 * @param root the holder that the payload is copied into
 * @param parent the entry that the reference was found in
 */
export function invalidAt(error: StorageError, root: Place, parent: EntryNode | undefined, place: Place): StorageError {
  const at = formatPayloadPath(pathOfPlace(parent?.holder ?? root, place));
  const holder = parent?.isWhole === false ? "the part of a stored object that is selected" : "a stored object";
  const where = parent === undefined ? at : `${at} of ${holder}`;
  const path = parent && formatLocation(parent.reference.location);
  return new StorageError("INVALID_REFERENCE", `${textOf(error)} It stands at ${where}.`, {
    operation: error.operation,
    path,
    cause: error.cause,
  });
}

/** Throws the error of a schema with the place of the stored value. */
export function mismatchAt({ reference }: EntryNode): (error: unknown) => never {
  return (error) => {
    if (!isStorageError(error, "SCHEMA_MISMATCH")) throw error;
    throw restated(error, { path: formatLocation(reference.location) });
  };
}
