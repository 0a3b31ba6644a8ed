import * as z from "zod/mini";
import { isPlainObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import { extendedPointer } from "./aws-extended.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { bodyLike, bodyText, jsonBody, noPointer, ownText, pointerFormat } from "./pointer-format.js";

/*
 * https://github.com/aspecto-io/sns-sqs-big-payload: {"S3Payload":{"Id":"…","Bucket":"…","Key":"…","Location":"…"}},
 * without an attribute. With extendedLibraryCompatibility, the body is the array of awsExtended, or its object before
 * 0.1.2, with the attribute SQSLargePayloadSize.
 */

const KEY = "S3Payload";
const COMPATIBLE = "SQSLargePayloadSize";

/** Options of {@link bigPayload}. */
export interface BigPayloadOptions extends ForeignOptions {
  /**
   * Whether to detect a message also by its shape, a JSON object with `S3Payload`; default false. The library writes
   * no attribute. Without `byShape`, only messages of its option `extendedLibraryCompatibility` are read. With
   * `byShape`, anyone who can send data of this shape chooses what is read, within `allow`.
   */
  byShape?: boolean | undefined;
  /** Whether `settle` deletes the object. Default false, since the library never deletes. Needs `allow`. */
  deletes?: boolean | undefined;
}

const options = z.strictObject({
  ...placeFields,
  byShape: z._default(z.boolean(), false),
  deletes: z.optional(z.boolean()),
});

/**
 * Makes the format of `sns-sqs-big-payload` and `@5app/sns-sqs-big-payload`. Bodies are JSON, as its readers parse
 * them. To write messages for its option `extendedLibraryCompatibility`, use
 * `awsExtended({ attribute: "SQSLargePayloadSize" })`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const reads = [bigPayload({ allow: ["s3://payloads"], byShape: true })];
 */
export function bigPayload(given: BigPayloadOptions = {}): MessageFormat {
  const { byShape, deletes, ...place } = parseOptions(options, given, "bigPayload");
  const places = new Places("bigPayload", place);
  return pointerFormat({
    name: "bigPayload",
    places,
    attributes: [COMPATIBLE],
    deletes,
    detect: (message) => message.attributes.has(COMPATIBLE) || (byShape && shapeOf(message) !== undefined),
    pointer: (message) => {
      const shape = shapeOf(message);
      return shape === undefined ? extendedPointer(message, "bigPayload") : payloadPointer(shape);
    },
    write: (ticket, message) => {
      const { bucket: Bucket, key: Key } = places.bucketPointerTo(ticket);
      const Id = Key.slice(Key.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
      return {
        ...message,
        body: bodyLike(JSON.stringify({ [KEY]: { Id, Bucket, Key, Location: `s3://${Bucket}/${Key}` } }), message),
      };
    },
  });
}

/** Returns the value of `S3Payload`. Parses only bodies that contain the word. */
function shapeOf(message: Wire): unknown {
  if (!bodyText(message).includes(`"${KEY}"`)) return undefined;
  const value = jsonBody(message);
  return isPlainObject(value) && Object.hasOwn(value, KEY) ? value[KEY] : undefined;
}

function payloadPointer(shape: unknown): Pointer {
  const bucket = ownText(shape, "Bucket");
  const key = ownText(shape, "Key");
  if (bucket === undefined || key === undefined) throw noPointer("bigPayload");
  return { bucket, key };
}
