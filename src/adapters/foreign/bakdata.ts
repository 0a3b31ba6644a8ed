import * as z from "zod/mini";
import { parseOptions } from "../../options/parse-options.js";
import { textOf } from "../messages/body-form.js";
import { cannotOpen } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import { writtenValue, type Wire } from "../messages/wire.js";
import { decompressed } from "./decompressed.js";
import { uriPointer, uriTo } from "./object-uri.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { assertFree, noPointer, pointerFormat } from "./pointer-format.js";

/*
 * https://github.com/bakdata/kafka-large-message-serde: a byte, 0 or 1, and then the value or the URI of its object.
 * The byte is the first byte of the value, or the value of a header.
 */

const FLAG = "__large.message.backed.value";
// The versions 2.5.0 to 3.2.1 wrote the second name.
const COMPRESSION = ["__large.message.backed.compression", "__large.message.backed..compression"];
const HEADERS = [FLAG, ...COMPRESSION];
const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];
const INLINE = 0;
const BACKED = 1;

/** Options of {@link bakdata}. */
export interface BakdataOptions extends ForeignOptions {
  /**
   * Whether to write the byte as a header, which readers since 2.3.0 know. Default false: the byte stands before the
   * value.
   */
  headers?: boolean | undefined;
  /**
   * Whether to read values without the header, by their first byte. All values of a topic may be without it. Default
   * false.
   */
  byShape?: boolean | undefined;
}

const options = z.strictObject({
  ...placeFields,
  headers: z._default(z.boolean(), false),
  byShape: z._default(z.boolean(), false),
});

/**
 * Makes the format of bakdata's `kafka-large-message-serde` for values of Kafka records. Every value is marked, even
 * if it fits. Keys are not changed. Values compressed by gzip are read, and Zstandard if Node has it.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = kafkaOffload({ manager, ttl: 8 * DAY, format: bakdata({ bucket: "large", headers: true }) });
 */
export function bakdata(given: BakdataOptions = {}): MessageFormat {
  const { headers, byShape, ...place } = parseOptions(options, given, "bakdata");
  const places = new Places("bakdata", place);

  const marked = (message: Wire, flag: number, value: Uint8Array): Wire => {
    if (!headers) return { ...message, body: Buffer.concat([Buffer.of(flag), value]) };
    return { ...message, body: value, attributes: new Map([...message.attributes, [FLAG, Buffer.of(flag)]]) };
  };

  const pointerIn = (message: Wire): Pointer | undefined => {
    const { flag, value } = partsOf(message);
    if (flag === INLINE) return undefined;
    if (flag !== BACKED) throw noPointer("bakdata");
    return uriPointer(textOf(value), "bakdata");
  };

  const backed = pointerFormat({
    name: "bakdata",
    places,
    attributes: HEADERS,
    detect: (message) => message.attributes.has(FLAG) || (byShape && isMarked(message)),
    pointer: (message) => pointerIn(message) ?? [],
    write: (ticket, message) => marked(message, BACKED, Buffer.from(uriTo(ticket, places))),
    decode: async (stored, message, call) => {
      const codec = codecOf(message);
      return codec === "none" ? stored : decompressed(stored, codec, call);
    },
  });
  return {
    ...backed,
    inline: (message) => {
      assertFree(message, HEADERS, "bakdata");
      return marked(message, INLINE, bytesOf(message.body));
    },
    read: (message) => (pointerIn(message) === undefined ? partsOf(message).value : backed.read(message)),
    open: async (message, manager, call) =>
      pointerIn(message) === undefined ? partsOf(message).value : backed.open!(message, manager, call),
  };
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : body;
}

function isMarked({ body }: Wire): boolean {
  const [first] = bytesOf(typeof body === "string" ? body.slice(0, 1) : body.subarray(0, 1));
  return first === INLINE || first === BACKED;
}

/** Splits a message into the byte and the value or URI. */
function partsOf({ body, attributes }: Wire): { flag: number | undefined; value: Uint8Array } {
  const header = attributes.get(FLAG);
  const bytes = bytesOf(body);
  if (header === undefined) return { flag: bytes[0], value: bytes.subarray(1) };
  const flag = bytesOf(writtenValue(header));
  return { flag: flag.byteLength === 1 ? flag[0] : undefined, value: bytes };
}

function codecOf({ attributes }: Wire): string {
  const header = COMPRESSION.map((name) => attributes.get(name)).find((value) => value !== undefined);
  const [id = 0] = header === undefined ? [] : bytesOf(writtenValue(header));
  const codec = CODECS[id];
  if (codec !== undefined) return codec;
  const remedy = "Update the package, or have it sent without";
  throw cannotOpen("UNSUPPORTED", `its value was compressed in an unknown way. ${remedy}`);
}
