import * as z from "zod/mini";
import { isUtf8 } from "node:buffer";
import { parseOptions } from "../../options/parse-options.js";
import { bufferOf, jsonIn, textOf } from "../messages/body-form.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { HydrateOptions } from "../../configure/options.js";
import { decompressed, MAX_BYTES } from "./decompressed.js";
import { embeddedIn, readPointers } from "./embedded.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { noPointer, ownText, pointerFormat } from "./pointer-format.js";

/*
 * https://github.com/MassTransit/MassTransit, MessageData: a property {"data-ref":"urn:file:…","text":…,"data":…},
 * where text or data may hold the value itself. In the address, ":" stands for "/", and ".gz" at the end for gzip.
 * The address does not contain the bucket.
 */

const KEY = "data-ref";
const FILE = /^urn:file:([A-Za-z0-9:._-]+)$/;

/** Options of {@link massTransit}. */
export interface MassTransitOptions extends ForeignOptions {
  /**
   * Whether to detect messages, which is possible only by their shape: JSON with a property that has `data-ref`.
   * Default false. Anyone who can send data of this shape chooses what is read, within `allow`.
   */
  byShape?: boolean | undefined;
  /**
   * Type of a stored property: a text, bytes as base64, or a JSON value. The message does not tell the type. Default
   * `"text"`, with base64 for bytes that are not UTF-8.
   */
  values?: "text" | "base64" | "json" | undefined;
}

const options = z.strictObject({
  ...placeFields,
  byShape: z._default(z.boolean(), false),
  values: z._default(z.enum(["text", "base64", "json"]), "text"),
});

/**
 * Makes the format of MassTransit messages with `MessageData` properties, from its repositories of files and of S3.
 * Each such property is replaced by its value. Read only.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const reads = [massTransit({ bucket: "message-data", allow: ["s3://message-data"], byShape: true })];
 */
export function massTransit(given: MassTransitOptions = {}): MessageFormat {
  const { byShape, values, ...place } = parseOptions(options, given, "massTransit");
  const places = new Places("massTransit", place);
  const valueOf = (bytes: Uint8Array): unknown => {
    if (values === "text" && isUtf8(bytes)) return textOf(bytes);
    if (values !== "json") return bufferOf(bytes).toString("base64");
    const value = jsonIn(bytes);
    if (value === undefined) throw noPointer("massTransit");
    return value;
  };
  const format = pointerFormat({
    name: "massTransit",
    places,
    detect: (message) => byShape && embeddedIn(message, KEY) !== undefined,
    pointer: (message) => (embeddedIn(message, KEY)?.slots ?? []).flatMap(({ value }) => pointerOf(value) ?? []),
  });
  return {
    ...format,
    whole: false,
    open: async (message, manager, call) => {
      const { root, slots } = embeddedIn(message, KEY) ?? { root: { body: null }, slots: [] };
      const read = await readPointers(
        slots.map(({ value }) => pointerOf(value)),
        places,
        manager,
        call,
      );
      let { maxBytes = MAX_BYTES } = call;
      for (const [index, { holder, key, value }] of slots.entries()) {
        const stored = read[index];
        // The budget covers all decompressed values together, since a message may name a small object many times.
        const bytes = stored && (await unzipped(stored.bytes, value, { ...call, maxBytes }));
        maxBytes -= bytes?.byteLength ?? 0;
        holder[key] = bytes === undefined ? inlineValue(value) : valueOf(bytes);
      }
      return JSON.stringify(root.body);
    },
  };
}

/**
 * Returns the pointer of a property. `undefined` if the message has the value itself, or if the property has no
 * value.
 */
function pointerOf(property: Readonly<Record<string, unknown>>): Pointer | undefined {
  if (typeof inlineValue(property) === "string") return undefined;
  if (property[KEY] === null) return undefined;
  const address = FILE.exec(ownText(property, KEY) ?? "")?.[1];
  if (address === undefined) throw noPointer("massTransit");
  return { key: address.replaceAll(":", "/") };
}

function inlineValue(property: Readonly<Record<string, unknown>>): string | null {
  for (const name of ["text", "data"]) {
    const value = Object.hasOwn(property, name) ? property[name] : null;
    if (typeof value === "string") return value;
  }
  return null;
}

async function unzipped(
  bytes: Uint8Array,
  property: Readonly<Record<string, unknown>>,
  call: HydrateOptions,
): Promise<Uint8Array> {
  return ownText(property, KEY)!.endsWith(".gz") ? decompressed(bytes, "gzip", call) : bytes;
}
