import { constants } from "node:buffer";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { StorageError } from "../error.js";
import type { EncodedObject } from "../object/encoded-object.js";
import { serialize } from "../object/serialize.js";
import { handOver } from "../store/body.js";
import { encodeJson, encodeLargeJson, encodeText, type SchemaTag } from "../object/stored-object.js";

// Bytes from which on a value is written in steps.
const LARGE = 65_536;

/**
 * A `json` or `raw` entry as it is stored; a large one is made in steps.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED` when its JSON is longer than a string can be (512 MiB in V8)
 */
export function* encodeEntry(
  { content, leastStoredSize, mostStoredSize }: PlannedEntry,
  tag: SchemaTag,
  canonical: boolean,
): Generator<undefined, EncodedObject | Buffer, undefined> {
  if (leastStoredSize > constants.MAX_STRING_LENGTH) {
    throw new StorageError(
      "LIMIT_EXCEEDED",
      `One value of the payload has ${leastStoredSize} bytes of JSON or more, over the ${constants.MAX_STRING_LENGTH} ` +
        "that a string can hold. Hand it in as bytes or as a stream.",
      { operation: "dehydrate" },
    );
  }
  if ("text" in content) return encodeText(content.text, tag);
  if ("value" in content) {
    if (leastStoredSize >= LARGE && !canonical) {
      return handOver(yield* encodeLargeJson(content.value, tag, leastStoredSize));
    }
    const size = leastStoredSize === mostStoredSize ? leastStoredSize : undefined;
    return encodeJson(serialize(content.value, canonical), tag, size);
  }
  throw new TypeError("binary is stored as it is");
}
