import { constants } from "node:buffer";
import { formatPayloadPath } from "../plan/payload-path.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { StorageError, isStorageError } from "../errors/error.js";
import type { EncodedObject } from "../object/encoded-object.js";
import { serialize } from "../json/serialize.js";
import { handOver } from "../store/body.js";
import {
  encodeJson,
  encodeLargeJson,
  encodeLargeText,
  encodeText,
  storedObjectSize,
  type SchemaTag,
} from "../object/stored-object.js";

// Bytes from which on a value is written in steps.
const LARGE = 65_536;
// Characters from which on a text is: it takes far less time, and a shorter one is written straight into its pack.
const LARGE_TEXT = 1 << 20;

/**
 * A `json` or `raw` entry as it is stored; a large one is made in steps.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED` when its JSON is longer than a string can be (512 MiB in V8), `UNSERIALIZABLE`
 *   when the value is no JSON any more
 */
export function* encodeEntry(
  entry: PlannedEntry,
  tag: SchemaTag,
  canonical: boolean,
): Generator<undefined, EncodedObject | Buffer, undefined> {
  assertReadable(storedObjectSize("json", entry.leastStoredSize, tag));
  try {
    return yield* encode(entry, tag, canonical);
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    const path = formatPayloadPath(entry.path);
    throw new StorageError("UNSERIALIZABLE", `The value at ${path} can't be stored as JSON any more; see the cause.`, {
      operation: "dehydrate",
      cause,
    });
  }
}

function* encode(
  { content, leastStoredSize, mostStoredSize }: PlannedEntry,
  tag: SchemaTag,
  canonical: boolean,
): Generator<undefined, EncodedObject | Buffer, undefined> {
  const size = leastStoredSize === mostStoredSize ? leastStoredSize : undefined;
  if ("text" in content) {
    if (content.text.length < LARGE_TEXT) return encodeText(content.text, tag);
    return handOver(yield* encodeLargeText(content.text, tag, size));
  }
  if ("value" in content) {
    if (leastStoredSize >= LARGE) {
      return handOver(yield* encodeLargeJson(content.value, tag, leastStoredSize, canonical));
    }
    return encodeJson(serialize(content.value, canonical), tag, size);
  }
  throw new TypeError("binary is stored as it is");
}

function assertReadable(leastSize: number): void {
  if (leastSize <= constants.MAX_STRING_LENGTH) return;
  throw new StorageError(
    "LIMIT_EXCEEDED",
    `One value of the payload is stored as ${leastSize} bytes of JSON or more, over the ${constants.MAX_STRING_LENGTH} ` +
      "that a string can hold. Hand it in as bytes or as a stream.",
    { operation: "dehydrate" },
  );
}
