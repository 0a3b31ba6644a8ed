import * as z from "zod/mini";
import type { HydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { isPlainObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { invalidReference } from "../../reference/location.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import { decompressed } from "./decompressed.js";
import { container, placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { bodyLike, jsonBody, noPointer, ownText, pointerFormat, withAttribute } from "./pointer-format.js";

/*
 * https://github.com/kibertoad/message-queue-toolkit: the body is JSON with payloadRef and, for releases of core before 24.2,
 * offloadedPayloadPointer and offloadedPayloadSize; fields that route a message stay beside them.
 */

const ATTRIBUTES = ["payloadOffloading.size", "offloadedPayloadSize"] as const;
const ROUTING = ["id", "timestamp", "type", "deduplicationId", "deduplicationOptions"];
const MAX_SIZE = 268_435_456; // what its readers take

/** Options of {@link messageQueueToolkit}. */
export interface MessageQueueToolkitOptions extends ForeignOptions {
  /** The name that the store has on both sides, default `"s3"`. A message of older releases, which has none, is of it. */
  store?: string | undefined;
  /** The buckets of other stores, by their names. A message of a store that is not known is refused. */
  stores?: Readonly<Record<string, string>> | undefined;
  /** The attribute that is written: default that of SQS and SNS; `"offloadedPayloadSize"` is that of Pub/Sub. */
  attribute?: (typeof ATTRIBUTES)[number] | undefined;
  /** Fields of the body that stay, default `id`, `timestamp`, `type`, `deduplicationId`, `deduplicationOptions`. */
  keep?: readonly string[] | undefined;
  /** Whether a message is also detected by its shape, where the attribute was lost; default false. */
  byShape?: boolean | undefined;
  /** Whether `settle` deletes the object; default false, as the library never does. It needs `allow`. */
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
 * Messages of `@message-queue-toolkit`, in both notations, detected by their attribute. Bodies that were compressed by a codec
 * of it are read where Node knows the codec. Both notations are written, of JSON objects.
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
      if (size < 1 || size > MAX_SIZE) throw tooLarge();
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

/** What a body says of where the payload lies, the newer notation first. */
function ticketOf(message: Wire): Ticket | undefined {
  const value = jsonBody(message);
  if (!isPlainObject(value)) return undefined;
  if (Object.hasOwn(value, "payloadRef")) {
    const { payloadRef } = value;
    const id = ownText(payloadRef, "id");
    const store = ownText(payloadRef, "store");
    // It has to say which: another one is another place.
    return id === undefined || store === undefined ? undefined : { id, store, codec: ownText(payloadRef, "codec") };
  }
  const id = ownText(value, "offloadedPayloadPointer");
  return id === undefined ? undefined : { id };
}

function keptOf(value: unknown, keep: readonly string[]): Record<string, unknown> {
  if (!isPlainObject(value)) return {};
  return Object.fromEntries(keep.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));
}

function tooLarge(): StorageError {
  return new StorageError(
    "LIMIT_EXCEEDED",
    `The message can't be packed: readers of messageQueueToolkit take bodies of 1 to ${MAX_SIZE} bytes.`,
    { operation: "pack" },
  );
}
