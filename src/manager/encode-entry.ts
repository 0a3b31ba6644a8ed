import { constants } from "node:buffer";
import type { PlannedEntry } from "../plan/plan.js";
import { StorageError } from "../error.js";
import { serialize } from "../object/serialize.js";
import { encodeStoredObject, type SchemaTag } from "../object/stored-object.js";

/**
 * The bytes of a `json` or `raw` entry as they are stored.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED` when its JSON is longer than a string can be (512 MiB in V8)
 */
export function encodeEntry(entry: PlannedEntry, tag: SchemaTag, canonical: boolean): Buffer {
  if (entry.storedSize > constants.MAX_STRING_LENGTH) {
    throw new StorageError(
      "LIMIT_EXCEEDED",
      `One value of the payload has ${entry.storedSize} bytes of JSON, more than the ${constants.MAX_STRING_LENGTH} ` +
        "that a string can hold. Hand it in as bytes or as a stream.",
      { operation: "dehydrate" },
    );
  }
  const { content } = entry;
  if ("text" in content) return encodeStoredObject("raw", JSON.stringify(content.text), tag);
  if ("value" in content) return encodeStoredObject("json", serialize(content.value, canonical), tag);
  throw new TypeError("binary is stored as it is");
}
