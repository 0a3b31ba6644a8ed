import * as z from "zod/mini";
import { isUtf8 } from "node:buffer";
import { parseOptions } from "../../options/parse-options.js";
import { textOf } from "../messages/body-form.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { HydrateOptions } from "../../configure/options.js";
import { decompressed, MAX_BYTES } from "./decompressed.js";
import { embeddedIn, readPointers } from "./embedded.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { noPointer, ownText, readOnly } from "./pointer-format.js";

/*
 * https://github.com/MassTransit/MassTransit, MessageData: a property {"data-ref":"urn:file:…","text":…,"data":…}, of which text and
 * data are the value itself. In the address ":" stands for "/", and ".gz" at its end for gzip; the bucket is not in it.
 */

const KEY = "data-ref";
const FILE = /^urn:file:([A-Za-z0-9:._-]+)$/;

/** Options of {@link massTransit}. */
export interface MassTransitOptions extends ForeignOptions {
  /**
   * Whether messages are detected, which can only be by their shape: JSON with a property that has `data-ref`; default false.
   * Whoever can send data of that shape chooses what is read, inside of `allow`.
   */
  byShape?: boolean | undefined;
  /**
   * What a stored property is: a text as it is, bytes as base64, or a value of JSON, which a message does not say. Default
   * `"text"`, and base64 where it has no UTF-8.
   */
  values?: "text" | "base64" | "json" | undefined;
}

const options = z.strictObject({
  ...placeFields,
  byShape: z._default(z.boolean(), false),
  values: z._default(z.enum(["text", "base64", "json"]), "text"),
});

/**
 * Messages of MassTransit with `MessageData` properties, of its repositories of files and of S3. Each such property is
 * replaced by its value. Read only.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const reads = [massTransit({ bucket: "message-data", allow: ["s3://message-data"], byShape: true })];
 */
export function massTransit(given: MassTransitOptions = {}): MessageFormat {
  const { byShape, values, ...place } = parseOptions(options, given, "massTransit");
  const places = new Places("massTransit", place);
  const valueOf = (bytes: Uint8Array): unknown => {
    if (values === "json") return parsed(bytes);
    return values === "text" && isUtf8(bytes) ? textOf(bytes) : base64Of(bytes);
  };
  return {
    name: "massTransit",
    whole: false,
    detect: (message) => byShape && embeddedIn(message, KEY) !== undefined,
    write: () => {
      throw readOnly("massTransit");
    },
    read: (message) => {
      const pointer = (embeddedIn(message, KEY)?.slots ?? []).map(({ value }) => pointerOf(value)).find(Boolean);
      if (pointer === undefined) throw noPointer("massTransit");
      return places.find(pointer).reference;
    },
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
        // What is unzipped counts for all together: a small object may be named many times.
        const bytes = stored && (await unzipped(stored.bytes, value, { ...call, maxBytes }));
        maxBytes -= bytes?.byteLength ?? 0;
        holder[key] = bytes === undefined ? inlineValue(value) : valueOf(bytes);
      }
      return JSON.stringify(root.body);
    },
    references: (message) =>
      (embeddedIn(message, KEY)?.slots ?? [])
        .map(({ value }) => pointerOf(value))
        .filter((pointer) => pointer !== undefined)
        .map((pointer) => places.find(pointer).at),
  };
}

/** Where a property is stored; `undefined` when the message has its value, or it has none. */
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

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes)) as unknown;
  } catch {
    throw noPointer("massTransit");
  }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
