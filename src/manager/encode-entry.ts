import { constants } from "node:buffer";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { StorageError } from "../error.js";
import type { EncodedObject } from "../object/encoded-object.js";
import { serialize } from "../object/serialize.js";
import { encodeJson, encodeText, type SchemaTag } from "../object/stored-object.js";

/**
 * A `json` or `raw` entry as it is stored.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED` when its JSON is longer than a string can be (512 MiB in V8)
 */
export function encodeEntry(
  { content, leastStoredSize }: PlannedEntry,
  tag: SchemaTag,
  canonical: boolean,
): EncodedObject {
  if (leastStoredSize > constants.MAX_STRING_LENGTH) {
    throw new StorageError(
      "LIMIT_EXCEEDED",
      `One value of the payload has ${leastStoredSize} bytes of JSON or more, over the ${constants.MAX_STRING_LENGTH} ` +
        "that a string can hold. Hand it in as bytes or as a stream.",
      { operation: "dehydrate" },
    );
  }
  if ("text" in content) return encodeText(content.text, tag);
  if ("value" in content) return encodeJson(serialize(content.value, canonical), tag);
  throw new TypeError("binary is stored as it is");
}
