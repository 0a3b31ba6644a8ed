import type { DehydrateSettings } from "../configure/call-schemas.js";
import { abortable } from "../async/abort.js";
import { parseLocation } from "../reference/location.js";
import type { LayoutOptions } from "../plan/layouts/layout.js";
import { locationBelow, directoryOf } from "../paths/location.js";
import type { EncodedEntry, EntryEncoding, PlainContext, StreamEncoding } from "../codecs/entry-encoding.js";
import { constants } from "node:buffer";
import { formatPayloadPath } from "../plan/payload-path.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { StorageError, isStorageError } from "../errors/error.js";
import {
  type EncodedObject,
  encodeJson,
  encodeLargeJson,
  encodeLargeText,
  encodeText,
  LINE_UNITS,
  storedObjectSize,
  type SchemaTag,
} from "../object/stored-object.js";
import { serialize } from "../json/serialize.js";
import { handOver } from "../store/body.js";

// Bytes of JSON over which a value is written in steps. One `JSON.stringify` of this size takes some milliseconds,
// which is less than its parts would take together. Sorting the keys takes far longer.
const LARGE = { plain: 1 << 20, canonical: 65_536 };
// Characters from which a text is written in steps. A text takes far less time than other JSON, and a shorter text is
// written straight into its pack.
const LARGE_TEXT = 1 << 20;

/**
 * Encodes a `json` or `raw` entry as it is stored. A large entry is made in steps.
 *
 * @throws {StorageError} `LIMIT_EXCEEDED` when its JSON is longer than a string can be (512 MiB in V8),
 *   `UNSERIALIZABLE` when the value is no JSON any more
 */
export function* encodeEntry(
  entry: PlannedEntry,
  tag: SchemaTag,
  { canonical, pack }: Pick<DehydrateSettings, "canonical" | "pack">,
): Generator<undefined, EncodedObject | Buffer, undefined> {
  assertReadable(storedObjectSize("json", entry.leastStoredSize, tag));
  try {
    // An entry that may share a pack is one line of the pack.
    const hasLines = pack === false || entry.leastStoredSize > pack.maxEntrySize;
    return yield* encode(entry, tag, canonical, hasLines ? LINE_UNITS : Infinity);
  } catch (cause) {
    throw encodingFailure(entry, cause);
  }
}

/** Does the same for a small entry, at once. @throws {StorageError} `UNSERIALIZABLE` */
export function encodeSmallEntry(entry: PlannedEntry, tag: SchemaTag, canonical: boolean): Buffer {
  const { content } = entry;
  try {
    const encoded =
      "text" in content
        ? encodeText(content.text, tag)
        : encodeJson(serialize((content as { value: unknown }).value, canonical), tag);
    return handOver(encoded.toBuffer());
  } catch (cause) {
    throw encodingFailure(entry, cause);
  }
}

function encodingFailure(entry: PlannedEntry, cause: unknown): StorageError {
  if (isStorageError(cause)) return cause;
  const message = `The value at ${formatPayloadPath(entry.path)} can't be stored as JSON any more; see the cause.`;
  return new StorageError("UNSERIALIZABLE", message, { operation: "dehydrate", cause });
}

function* encode(
  { content, leastStoredSize, mostStoredSize }: PlannedEntry,
  tag: SchemaTag,
  canonical: boolean,
  lineUnits: number,
): Generator<undefined, EncodedObject | Buffer, undefined> {
  const size = leastStoredSize === mostStoredSize ? leastStoredSize : undefined;
  if ("text" in content) {
    if (content.text.length < LARGE_TEXT) return encodeText(content.text, tag);
    return handOver(yield* encodeLargeText(content.text, tag, size));
  }
  if ("value" in content) {
    const isSmall = leastStoredSize <= (canonical ? LARGE.canonical : LARGE.plain);
    const json = isSmall ? serialize(content.value, canonical) : undefined;
    // A value that is longer than its least size may be written in lines.
    if (json !== undefined && json.length <= lineUnits) return encodeJson(json, tag, size);
    return handOver(yield* encodeLargeJson(content.value, tag, leastStoredSize, canonical, lineUnits));
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

/** Applies the codecs of a manager to the entries of one dehydration. */
export class EntryCodecs {
  private readonly directory: string;

  private constructor(
    private readonly encoding: EntryEncoding,
    private readonly options: LayoutOptions,
  ) {
    this.directory = directoryOf(parseLocation(locationBelow(options.prefix, `${options.directory}/-`)));
  }

  /** Returns `undefined` where entries are stored as they are. @throws what a key provider throws */
  static async prepare(
    { codecs }: DehydrateSettings,
    options: LayoutOptions,
    signal: AbortSignal,
  ): Promise<EntryCodecs | undefined> {
    const encoding = await abortable(codecs.prepare(signal), signal);
    return encoding === undefined ? undefined : new EntryCodecs(encoding, options);
  }

  /**
   * Whether stored entries belong to this call alone. With encryption, the same content never gets the same name
   * twice.
   */
  get encrypts(): boolean {
    return this.encoding.encrypts;
  }

  encode(entry: PlannedEntry, bytes: Uint8Array): EncodedEntry | Promise<EncodedEntry> {
    return this.encoding.encode(bytes, this.contextOf(entry));
  }

  /** @param sample how the stream begins */
  encodeStream(entry: PlannedEntry, sample: Uint8Array): Promise<StreamEncoding> {
    return this.encoding.encodeStream(sample, this.contextOf(entry));
  }

  // The facts that the reference to the entry will state.
  private contextOf({ contentType }: PlannedEntry): PlainContext {
    const { schema, schemaVersion } = this.options;
    return { directory: this.directory, contentType, schema, schemaVersion };
  }
}

/** Returns the media type that the store is given for an object. */
export function storedContentType(contentType: string, encodings: readonly string[] | undefined): string {
  return encodings === undefined || encodings.length === 0 ? contentType : "application/octet-stream";
}
