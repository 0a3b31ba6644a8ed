import * as z from "zod/mini";
import { isObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { textOf } from "../messages/body-form.js";
import { cannotOpen } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import { contentTypes, embeddedIn, readPointers } from "./embedded.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { bodyLike, jsonBody, noPointer, ownText, pointerFormat } from "./pointer-format.js";

/*
 * https://github.com/zirkelc/middy-store: an object with the key "@middy-store", anywhere in an event, stands for a
 * stored value. The key holds a URL, an ARN, or { store: "s3", bucket, key }. Their object keys are not escaped.
 */

const KEY = "@middy-store";

const ARN = /^arn:aws[a-z-]*:s3:::([^/]+)\/(.+)$/s;
const BY_PATH = /^(?:s3|https):\/\/s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com\/([^/]+)\/(.+)$/s;
const BY_HOST = /^(?:s3|https):\/\/([^/.]+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com\/(.+)$/s;
const GLOBAL = /^s3:\/\/([^/]+)\/(.+)$/s;
const PRESIGNED = /^(https:\/\/[^?]+)\?(?:[^#]*&)?X-Amz-Signature=/;

/** Options of {@link middyStore}. */
export interface MiddyStoreOptions extends ForeignOptions {
  /**
   * Whether to detect messages, which is possible only by their shape: JSON with an object that has the key
   * `@middy-store`. Default false. Anyone who can send data of this shape chooses what is read, within `allow`.
   */
  byShape?: boolean | undefined;
  /** Whether `settle` deletes the objects; default false, as in the library. Needs `allow`. */
  deletes?: boolean | undefined;
}

const options = z.strictObject({
  ...placeFields,
  byShape: z._default(z.boolean(), false),
  deletes: z._default(z.boolean(), false),
});

/**
 * Makes the format of events of `middy-store` and `middy-store-s3`. All their forms are read, at any depth. A
 * presigned URL is read from the store and never fetched. The whole body is written as one reference, to JSON or
 * text.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const reads = [middyStore({ allow: ["s3://payloads"], byShape: true })];
 */
export function middyStore(given: MiddyStoreOptions = {}): MessageFormat {
  const { byShape, deletes, ...place } = parseOptions(options, given, "middyStore");
  const places = new Places("middyStore", place);
  const format = pointerFormat({
    name: "middyStore",
    places,
    deletes,
    detect: (message) => byShape && embeddedIn(message, KEY) !== undefined,
    pointer: (message) => (embeddedIn(message, KEY)?.slots ?? []).map(({ value }) => pointerOf(value[KEY])),
    payload: ({ body }) => ({
      body,
      contentType: isObject(jsonBody({ body, attributes: new Map() })) ? JSON_TYPE : TEXT,
    }),
    write: (ticket, message) => {
      const { bucket, key } = places.bucketPointerTo(ticket);
      return { ...message, body: bodyLike(JSON.stringify({ [KEY]: `s3://${bucket}/${key}` }), message) };
    },
  });
  return {
    ...format,
    open: async (message, manager, call) => {
      const { root, slots } = embeddedIn(message, KEY) ?? { root: { body: undefined }, slots: [] };
      const read = await readPointers(
        slots.map(({ value }) => pointerOf(value[KEY])),
        places,
        manager,
        call,
      );
      // The reference is the whole body, so its bytes are returned unchanged.
      if (slots[0]?.holder === root) return read[0]!.bytes;
      const types = await contentTypes(
        read.map((one) => one!.at),
        manager,
        call,
      );
      for (const [index, { holder, key }] of slots.entries()) {
        const { at, bytes } = read[index]!;
        holder[key] = valueOf(textOf(bytes), types.get(at));
      }
      return JSON.stringify(root.body);
    },
  };
}

const JSON_TYPE = "application/json";
const TEXT = "text/plain";

function pointerOf(value: unknown): Pointer {
  if (typeof value !== "string") {
    const bucket = ownText(value, "bucket");
    const key = ownText(value, "key");
    if (ownText(value, "store") !== "s3" || bucket === undefined || key === undefined) throw noPointer("middyStore");
    return { bucket, key };
  }
  const signed = PRESIGNED.exec(value)?.[1];
  const url = signed ?? value;
  const [, bucket, key] = ARN.exec(url) ?? BY_PATH.exec(url) ?? BY_HOST.exec(url) ?? GLOBAL.exec(url) ?? [];
  if (bucket === undefined || key === undefined) throw noPointer("middyStore");
  return { bucket, key: signed === undefined ? key : decoded(key) };
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    throw noPointer("middyStore");
  }
}

/**
 * Parses a stored value as JSON or text, by its media type. Without a media type, a value that is valid JSON is
 * parsed.
 */
function valueOf(text: string, contentType: string | undefined): unknown {
  const [type] = contentType?.split(";") ?? [];
  if (type?.trim() === TEXT) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (type?.trim() !== JSON_TYPE) return text;
    throw cannotOpen("DECODE_FAILED", "a stored value of it is not JSON", { cause });
  }
}
