import { JsonWriter } from "../json/json-writer.js";
import { isPlainText } from "../json/plain-text.js";
import { serialize } from "../json/serialize.js";
import { StorageError } from "../errors/error.js";

// Characters of a long text that are measured in one step.
const SIZE_STEP = 1 << 20;

/**
 * Number of UTF-16 characters after which a line ends in the JSON of a large value. The line ends at the next comma of
 * the outermost container. Readers that know this parse line by line. All others see plain JSON (wire format).
 */
export const LINE_UNITS = 1 << 20;

/** The type of a stored value: any JSON value, or a text. */
export type StoredContentType = "json" | "raw";

/** The schema that a stored value follows. */
export interface SchemaTag {
  schema?: string | undefined;
  schemaVersion?: string | undefined;
}

/** The contents of the object in the store for one offloaded value. */
export interface StoredObject extends SchemaTag {
  contentType: StoredContentType;
  data: unknown;
}

/**
 * Encodes a StoredObject around a JSON value.
 *
 * @param dataSize size of the JSON in bytes, where it is known
 */
export function encodeJson(dataJson: string, tag: SchemaTag, dataSize?: number): EncodedObject {
  return new EncodedObject(opening("json", tag), dataJson, "", dataSize);
}

/**
 * Encodes a StoredObject around a large JSON value, in steps.
 *
 * @param expectedSize expected size in bytes of the value's JSON
 * @param canonical whether to sort the keys
 * @param lineUnits {@link LINE_UNITS}, or `Infinity` for JSON in one line
 */
export function* encodeLargeJson(
  data: unknown,
  tag: SchemaTag,
  expectedSize: number,
  canonical: boolean,
  lineUnits: number,
): Generator<undefined, Buffer, undefined> {
  const head = opening("json", tag);
  const writer = new JsonWriter(expectedSize + mostLines(expectedSize) + head.length + SPARE, undefined, canonical);
  writer.put(head);
  yield* writer.write(data, lineUnits);
  writer.put("}");
  return yield* writer.end();
}

/**
 * Encodes a StoredObject around a long text, in steps.
 *
 * @param dataSize size in bytes of the text's JSON, where it is known
 */
export function* encodeLargeText(
  text: string,
  tag: SchemaTag,
  dataSize?: number,
): Generator<undefined, Buffer, undefined> {
  const head = opening("raw", tag);
  const writer = new JsonWriter((dataSize ?? (yield* utf8Size(text))) + head.length + SPARE);
  writer.put(head);
  yield* writer.write(text);
  writer.put("}");
  return yield* writer.end();
}

/**
 * Returns the size of a long text in UTF-8 bytes. The result is a little larger where a step cuts a character in two.
 */
function* utf8Size(text: string): Generator<undefined, number, undefined> {
  let size = 0;
  for (let start = 0; start < text.length; start += SIZE_STEP) {
    size += Buffer.byteLength(text.slice(start, start + SIZE_STEP));
    yield undefined;
  }
  return size;
}

/** Encodes a StoredObject around a text. */
export function encodeText(text: string, tag: SchemaTag): EncodedObject {
  // Checking that nothing needs an escape, and copying, takes half as long as escaping.
  if (isPlainText(text)) return new EncodedObject(opening("raw", tag), text, '"', text.length);
  return new EncodedObject(opening("raw", tag), serialize(text, false), "", undefined);
}

/** Returns the size in bytes of a StoredObject whose data has `dataSize` bytes of JSON, without line ends. */
export function storedObjectSize(contentType: StoredContentType, dataSize: number, tag: SchemaTag): number {
  return Buffer.byteLength(opening(contentType, tag)) + dataSize + 1;
}

/** Returns the maximum number of line ends in a StoredObject whose data has `dataSize` bytes of JSON without them. */
export function mostLines(dataSize: number): number {
  return Math.floor(dataSize / LINE_UNITS);
}

const LINE_END = "\n";

/** Returns the number of line ends in the bytes of a StoredObject. Its values have none: JSON escapes them. */
export function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) count++;
  return count;
}

const UNTAGGED = { json: openingOf("json", {}), raw: openingOf("raw", {}) };

function opening(contentType: StoredContentType, tag: SchemaTag): string {
  const isUntagged = tag.schema === undefined && tag.schemaVersion === undefined;
  return isUntagged ? UNTAGGED[contentType] : openingOf(contentType, tag);
}

function openingOf(contentType: StoredContentType, tag: SchemaTag): string {
  const fields = [`"contentType":"${contentType}"`];
  if (tag.schema !== undefined) fields.push(`"schema":${JSON.stringify(tag.schema)}`);
  if (tag.schemaVersion !== undefined) fields.push(`"schemaVersion":${JSON.stringify(tag.schemaVersion)}`);
  return `{${fields.join(",")},"data":`;
}

/**
 * Reads the text of a StoredObject.
 *
 * @throws {StorageError} `DECODE_FAILED` when the text is not a StoredObject; the message says what is wrong, and
 *   never quotes the text
 */
export function parseStoredObject(text: string, path: string): StoredObject {
  const plain = plainText(text);
  if (plain !== undefined) return { contentType: "raw", data: plain };
  return storedObjectOf(parseJson(text, path), path);
}

/** Does the same for the parsed text. */
export function storedObjectOf(object: unknown, path: string): StoredObject {
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw undecodable(path, "it is not a JSON object");
  }
  const { contentType, data, schema, schemaVersion } = object as Record<string, unknown>;
  if (contentType !== "json" && contentType !== "raw")
    throw undecodable(path, 'its contentType is not "json" or "raw"');
  if (!Object.hasOwn(object, "data")) throw undecodable(path, "it has no data");
  if (contentType === "raw" && typeof data !== "string") throw undecodable(path, "its data is not a string");
  if (!isOptionalText(schema) || !isOptionalText(schemaVersion)) throw undecodable(path, "its schema is not a string");
  return { contentType, data, schema, schemaVersion };
}

const TEXT_START = `${UNTAGGED.raw}"`;
const TEXT_END = '"}';

/** Returns the data of a StoredObject that holds a text without escapes. It takes a quarter of the time of parsing. */
function plainText(text: string): string | undefined {
  if (!text.startsWith(TEXT_START) || !text.endsWith(TEXT_END)) return undefined;
  const data = text.slice(TEXT_START.length, -TEXT_END.length);
  return isPlainText(data) && text.length >= TEXT_START.length + TEXT_END.length ? data : undefined;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which is payload data.
    throw undecodable(path, "it is not JSON");
  }
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function undecodable(path: string, problem: string): StorageError {
  return new StorageError("DECODE_FAILED", `A stored object can't be decoded: ${problem}.`, {
    operation: "hydrate",
    path,
  });
}

/** Extra bytes that a buffer needs besides the bytes of an object that is written into it. */
export const SPARE = 4;

/**
 * A StoredObject as text, to be written into a buffer as UTF-8. Its parts are not joined before, because that would
 * copy them.
 */
export class EncodedObject {
  private readonly openingSize: number;
  private bodySize: number;

  /**
   * @param opening the text before the data
   * @param body the data's JSON
   * @param quote the quote that the body lacks on both sides, in ASCII
   * @param bodySize size of the body in bytes, where it is known; it is expensive to measure
   */
  constructor(
    private readonly opening: string,
    private readonly body: string,
    private readonly quote: "" | '"',
    bodySize: number | undefined,
  ) {
    this.openingSize = Buffer.byteLength(opening);
    this.bodySize = bodySize ?? Buffer.byteLength(body);
  }

  /** Size in bytes. */
  get size(): number {
    return this.openingSize + this.bodySize + 2 * this.quote.length + 1;
  }

  /**
   * Writes the object into a buffer that has room for {@link EncodedObject.size} bytes and {@link SPARE} more.
   *
   * @returns whether the object had the measured size. If not, it has been measured again, and must be written again
   */
  writeTo(target: Buffer, offset: number): boolean {
    const bodyStart = offset + target.write(this.opening + this.quote, offset);
    const written = target.write(this.body, bodyStart, this.bodySize + SPARE);
    if (written !== this.bodySize) {
      // The payload has changed since it was measured.
      this.bodySize = Buffer.byteLength(this.body);
      return false;
    }
    target.write(`${this.quote}}`, bodyStart + written, "latin1");
    return true;
  }

  toBuffer(): Buffer {
    const { size } = this;
    const buffer = Buffer.allocUnsafeSlow(size + SPARE);
    return this.writeTo(buffer, 0) ? buffer.subarray(0, size) : this.toBuffer();
  }
}
