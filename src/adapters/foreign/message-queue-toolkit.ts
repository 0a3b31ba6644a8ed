import * as z from "zod/mini";
import type { HydrateOptions } from "../../configure/options.js";
import { isPlainObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { invalidReference } from "../../reference/location.js";
import { cannotPack } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import { decompressed } from "./decompressed.js";
import { container, placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { bodyLike, jsonBody, noPointer, ownText, pointerFormat, withAttribute } from "./pointer-format.js";

/*
 * https://github.com/kibertoad/message-queue-toolkit: the body is JSON with payloadRef. For releases of core before
 * 24.2, it also has offloadedPayloadPointer and offloadedPayloadSize. Fields that route a message stay next to them.
 */

const ATTRIBUTES = ["payloadOffloading.size", "offloadedPayloadSize"] as const;
const ROUTING = ["id", "timestamp", "type", "deduplicationId", "deduplicationOptions"];
const MAX_SIZE = 268_435_456; // limit of its readers

/** Options of {@link messageQueueToolkit}. */
export interface MessageQueueToolkitOptions extends ForeignOptions {
  /**
   * Name of the store on both sides, default `"s3"`. Messages of older releases have no name and belong to this
   * store.
   */
  store?: string | undefined;
  /** Buckets of other stores, by name. A message of an unknown store is refused. */
  stores?: Readonly<Record<string, string>> | undefined;
  /** Attribute to write. Default: that of SQS and SNS. `"offloadedPayloadSize"` is that of Pub/Sub. */
  attribute?: (typeof ATTRIBUTES)[number] | undefined;
  /** Fields that stay in the body, default `id`, `timestamp`, `type`, `deduplicationId`, `deduplicationOptions`. */
  keep?: readonly string[] | undefined;
  /** Whether to detect a message also by its shape, in case the attribute was lost; default false. */
  byShape?: boolean | undefined;
  /** Whether `settle` deletes the object. Default false, since the library never deletes. Needs `allow`. */
  deletes?: boolean | undefined;
}

const name = z.string().check(z.minLength(1));
const options = z.strictObject({
  ...placeFields,
  store: z._default(name, "s3"),
  stores: z._default(z.record(name, container), {}),
  attribute: z._default(z.enum(ATTRIBUTES), "payloadOffloading.size"),
  keep: z._default(z.array(name), ROUTING),
  byShape: z._default(z.boolean(), false),
  deletes: z.optional(z.boolean()),
});

/**
 * Makes the format of `@message-queue-toolkit`. Messages in both notations are detected by their attribute.
 * Compressed bodies are read if Node has the codec. Writing needs a JSON object, and writes both notations.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const format = messageQueueToolkit({ bucket: "payloads", allow: ["s3://payloads"] });
 */
export function messageQueueToolkit(given: MessageQueueToolkitOptions = {}): MessageFormat {
  const { store, stores, attribute, keep, byShape, deletes, ...place } = parseOptions(
    options,
    given,
    "messageQueueToolkit",
  );
  const places = new Places("messageQueueToolkit", place);

  const pointer = (message: Wire): Pointer => {
    const { id, store: of = store } = ticketOf(message) ?? {};
    if (id === undefined) throw noPointer("messageQueueToolkit");
    if (of === store) return { key: id };
    if (!Object.hasOwn(stores, of)) {
      throw invalidReference("a message of messageQueueToolkit is of a store that is not known: say it in stores");
    }
    return { bucket: stores[of], key: id };
  };

  return pointerFormat({
    name: "messageQueueToolkit",
    places,
    attributes: ATTRIBUTES,
    deletes,
    detect: (message) =>
      ATTRIBUTES.some((other) => message.attributes.has(other)) || (byShape && ticketOf(message) !== undefined),
    pointer,
    write: (ticket, message, size) => {
      const { key: id } = places.pointerTo(ticket);
      if (size < 1 || size > MAX_SIZE) {
        throw cannotPack("LIMIT_EXCEEDED", `readers of messageQueueToolkit take bodies of 1 to ${MAX_SIZE} bytes`);
      }
      const reference = { payloadRef: { id, store, size }, offloadedPayloadPointer: id, offloadedPayloadSize: size };
      const body = JSON.stringify({ ...reference, ...keptOf(jsonBody(message), keep), ...reference });
      return { ...message, body: bodyLike(body, message), attributes: withAttribute(message, attribute, size) };
    },
    decode: async (stored, message, call: HydrateOptions) => {
      const { codec } = ticketOf(message) ?? {};
      return codec === undefined ? stored : decompressed(stored, codec, call);
    },
  });
}

interface Ticket {
  readonly id: string;
  readonly store?: string | undefined;
  readonly codec?: string | undefined;
}

/** Returns the payload's place from a body. Prefers the newer notation. */
function ticketOf(message: Wire): Ticket | undefined {
  const value = jsonBody(message);
  if (!isPlainObject(value)) return undefined;
  if (Object.hasOwn(value, "payloadRef")) {
    const { payloadRef } = value;
    const id = ownText(payloadRef, "id");
    const store = ownText(payloadRef, "store");
    // The store is required, since another store is another place.
    return id === undefined || store === undefined ? undefined : { id, store, codec: ownText(payloadRef, "codec") };
  }
  const id = ownText(value, "offloadedPayloadPointer");
  return id === undefined ? undefined : { id };
}

function keptOf(value: unknown, keep: readonly string[]): Record<string, unknown> {
  if (!isPlainObject(value)) return {};
  return Object.fromEntries(keep.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));
}
