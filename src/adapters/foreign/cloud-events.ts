import * as z from "zod/mini";
import { isPlainObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { bufferOf, jsonIn, textOf } from "../messages/body-form.js";
import { cannotPack } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import { byteLength, type Wire } from "../messages/wire.js";
import { uriPointer, uriTo } from "./object-uri.js";
import { placeFields, Places, type ForeignOptions } from "./places.js";
import {
  bodyLike,
  jsonBody,
  noPointer,
  ownText,
  pointerFormat,
  textAttribute,
  withAttribute,
} from "./pointer-format.js";

/*
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/dataref.md: an attribute with the URI of the
 * data. In the binary mode, it is a header, with a prefix for each binding. In the structured mode, it is a member of
 * the JSON.
 */

const KEY = "dataref";
// Attributes of HTTP and NATS, Kafka, AMQP (two forms), and MQTT 5.
const ATTRIBUTES = ["ce-dataref", "ce_dataref", "cloudEvents_dataref", "cloudEvents:dataref", KEY] as const;
const CONTENT_TYPES = ["content-type", "Content-Type", "content_type", "contentType"];
const STRUCTURED = /^application\/cloudevents\+json(?:\s{0,9};|$)/i;
const DATA = ["data", "data_base64"] as const;

/** Options of {@link cloudEvents}. */
export interface CloudEventsOptions extends ForeignOptions {
  /** Mode to write, default `"binary"`: an empty body and an attribute. `"structured"` writes the event as JSON. */
  mode?: "binary" | "structured" | undefined;
  /**
   * Attribute to write in the binary mode, default `"ce-dataref"`. All attributes are read.
   *
   * - `"ce-dataref"`: HTTP and NATS
   * - `"ce_dataref"`: Kafka
   * - `"cloudEvents_dataref"` or `"cloudEvents:dataref"`: AMQP
   * - `"dataref"`: MQTT 5
   */
  attribute?: (typeof ATTRIBUTES)[number] | undefined;
  /** Whether to detect events as JSON also by their shape, if no content type identifies them; default false. */
  byShape?: boolean | undefined;
}

const options = z.strictObject({
  ...placeFields,
  mode: z._default(z.enum(["binary", "structured"]), "binary"),
  attribute: z._default(z.enum(ATTRIBUTES), "ce-dataref"),
  byShape: z._default(z.boolean(), false),
});

/**
 * Makes the format of CloudEvents with the extension `dataref`, in both modes. An event that has its data is not
 * changed. A relative `dataref` is refused. The stored object is the bytes of the data. Their type stays in
 * `datacontenttype`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const format = cloudEvents({ bucket: "payloads", attribute: "ce_dataref", allow: ["s3://payloads/outputs"] });
 */
export function cloudEvents(given: CloudEventsOptions = {}): MessageFormat {
  const { mode, attribute, byShape, ...place } = parseOptions(options, given, "cloudEvents");
  const places = new Places("cloudEvents", place);
  const eventIn = (message: Wire): Event | undefined =>
    byShape || isStructured(message) ? eventOf(message) : undefined;

  const uriIn = (message: Wire): string | undefined => {
    const name = ATTRIBUTES.find((other) => message.attributes.has(other));
    if (name !== undefined && byteLength(message.body) === 0) return textAttribute(message, name) ?? "";
    const event = eventIn(message);
    if (event === undefined || dataIn(event) !== undefined || !Object.hasOwn(event, KEY)) return undefined;
    return ownText(event, KEY) ?? "";
  };

  return pointerFormat({
    name: "cloudEvents",
    places,
    attributes: mode === "binary" ? ATTRIBUTES : [],
    detect: (message) => uriIn(message) !== undefined,
    pointer: (message) => uriPointer(uriIn(message) ?? "", "cloudEvents"),
    ...(mode === "structured" && {
      payload: (message: Wire) => ({ body: dataBytes(eventOf(message)) }),
    }),
    write: (ticket, message) => {
      const uri = uriTo(ticket, places);
      if (mode === "binary") {
        return { ...message, body: bodyLike("", message), attributes: withAttribute(message, attribute, uri) };
      }
      const written = replaced(eventOf(message) ?? {}, DATA, KEY, uri);
      return { ...message, body: bodyLike(JSON.stringify(written), message) };
    },
    decode: (stored, message) => {
      const event = eventIn(message);
      if (event === undefined || byteLength(message.body) === 0) return Promise.resolve(stored);
      const [name, value] = dataMember(stored, event);
      return Promise.resolve(JSON.stringify(replaced(event, [KEY], name, value)));
    },
  });
}

type Event = Readonly<Record<string, unknown>>;

function isStructured(message: Wire): boolean {
  return CONTENT_TYPES.some((name) => STRUCTURED.test(textAttribute(message, name) ?? ""));
}

function eventOf(message: Wire): Event | undefined {
  if (byteLength(message.body) === 0) return undefined;
  const value = jsonBody(message);
  return isPlainObject(value) && ownText(value, "specversion") !== undefined ? value : undefined;
}

function dataIn(event: Event): (typeof DATA)[number] | undefined {
  return DATA.find((name) => Object.hasOwn(event, name) && event[name] !== null);
}

/** Replaces members of an event. The first member of `names` becomes the new member, and the others are removed. */
function replaced(event: Event, names: readonly string[], name: string, value: unknown): Event {
  const entries = Object.entries(event);
  const place = entries.findIndex(([key]) => names.includes(key));
  const left = entries.flatMap(([key, own], index): [string, unknown][] => {
    if (index === place) return [[name, value]];
    return names.includes(key) ? [] : [[key, own]];
  });
  return Object.fromEntries(left);
}

/** Returns the bytes of an event's data. */
function dataBytes(event: Event | undefined): string | Uint8Array {
  const name = event && dataIn(event);
  if (event === undefined || name === undefined || Object.hasOwn(event, KEY)) {
    const wanted = "an event as JSON with data and without dataref, as the format cloudEvents writes it";
    throw cannotPack("UNSERIALIZABLE", `it is not ${wanted}`);
  }
  const data = event[name];
  if (name === "data_base64" && typeof data === "string") return Buffer.from(data, "base64");
  return typeof data === "string" && kindOf(event) !== "json" ? data : JSON.stringify(data);
}

/** Returns the member for data, by its `datacontenttype`. Without a type, the data is JSON. */
function dataMember(stored: Uint8Array, event: Event): [string, unknown] {
  const kind = kindOf(event);
  if (kind === "binary") return ["data_base64", bufferOf(stored).toString("base64")];
  if (kind === "text") return ["data", textOf(stored)];
  const value = jsonIn(stored);
  if (value === undefined) throw noPointer("cloudEvents");
  return ["data", value];
}

function kindOf(event: Event): "json" | "text" | "binary" {
  const [type = ""] = (ownText(event, "datacontenttype") ?? "application/json").toLowerCase().split(";");
  if (/[/+]json\s*$/.test(type)) return "json";
  return type.startsWith("text/") || /[/+]xml\s*$/.test(type) ? "text" : "binary";
}
