import * as z from "zod/mini";
import { allow } from "../../configure/fields.js";
import type { CallOptions } from "../../store/store.js";
import { assertObject } from "../../options/argument.js";
import { adapterOffloader, type AdapterOptions } from "../messages/adapter-offloader.js";
import type { MessageOffloader } from "../messages/message-offloader.js";
import type { Rules } from "../messages/rules.js";
import { byteLength, type AttributeValue } from "../messages/wire.js";
import { dataReference, type DataLocation } from "./data-reference.js";
import { formOfType, readData, writtenData } from "./event-data.js";

/** Options of {@link cloudEventsOffload}. Objects end by age. The data of an event leaves as a whole. */
export type CloudEventsOptions = Omit<
  AdapterOptions<{
    /**
     * URI of the manager's store, such as `s3://bucket/prefix`. Not needed if the store gives whole URIs itself, as a
     * `RoutingStore` does.
     */
    base?: string | undefined;
    /** Allowed targets of `dataref`, as for `hydrate`. Default: all that the manager may read. */
    allow?: readonly string[] | undefined;
  }>,
  "hint" | "keep" | "format" | "reads" | "compress" | "retention" | "consumer"
>;

/** An event: `CloudEvent` of the package `cloudevents`, or a plain object. */
export type EventLike = object;

/** Makes events small by `dataref`. See {@link cloudEventsOffload}. */
export interface CloudEventsOffload {
  readonly offloader: MessageOffloader;
  /**
   * Replaces the data of an event by `dataref` if its JSON has more bytes than `limit`. An event that fits is
   * returned unchanged, as the same object.
   *
   * @param limit default: the limit of the options
   */
  pack<E extends EventLike>(event: E, limit?: number, options?: CallOptions): Promise<E>;
  /**
   * Returns the event with its data. An event that has data, or no `dataref`, is returned unchanged, as the same
   * object.
   *
   * @throws {MessageError}
   */
  open<E extends EventLike>(event: E, options?: CallOptions): Promise<E>;
}

// An empty body of bytes, so that the opened data is bytes too.
const NO_DATA = Buffer.alloc(0);
const FORM = "datarefform";
const REFUSED = ["hint", "keep", "format", "reads", "compress", "retention", "consumer"] as const;
const fields = {
  base: z.optional(
    z.string().check(z.regex(/^[a-z][a-z0-9+.-]*:\/\/[^/]/, "must be a URI, such as s3://bucket/prefix")),
  ),
  allow: z.optional(allow),
};

/** Counts the bytes of an event in the JSON format. Every intermediary forwards at least 64 KiB. */
const rules: Rules = {
  name: "CloudEvents",
  maxMessage: 65_536,
  replays: true, // several consumers follow one reference
  size: ({ body, attributes }) => {
    let size = 1; // braces, and one comma less than members
    for (const [name, value] of attributes) size += memberSize(name, JSON.stringify(value));
    if (typeof body !== "string") return size + memberSize("data_base64", "") + 2 + Math.ceil(body.byteLength / 3) * 4;
    const form = attributes.get(FORM) ?? formOfType(attributes.get("datacontenttype"));
    return size + memberSize("data", form === "json" ? body : JSON.stringify(body));
  },
};

/**
 * Packs the data of CloudEvents by the standard extension `dataref`. The whole data lies in the store as it is. Any
 * program with read access to the store can read it. Receivers must support `dataref`.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const offload = cloudEventsOffload({ manager, channel: "orders", base: "s3://payloads", ttl: 30 * DAY });
 * const small = await offload.pack(new CloudEvent({ type: "order", source: "/shop", data: order }));
 * const { data } = await offload.open(received);
 */
export function cloudEventsOffload(options: CloudEventsOptions): CloudEventsOffload {
  const { offloader } = adapterOffloader<DataLocation>(options, {
    owner: "cloudEventsOffload",
    fields,
    refused: REFUSED,
    rules: () => rules,
    defaults: (own) => ({ format: dataReference(own) }),
  });
  return {
    offloader,
    pack: async (event, limit, call) => {
      assertObject(event, "cloudEventsOffload", "event");
      const given = event as Readonly<Record<string, unknown>>;
      const written = writtenData(given);
      if (written === undefined) return event;
      const attributes = attributesOf(given);
      // The data's form differs from its type, for example text with a binary type.
      if (written.form !== formOfType(given["datacontenttype"])) attributes.set(FORM, written.form);
      const wire = { body: written.body, attributes };
      const packed = await offloader.pack(wire, { ...call, ...(limit !== undefined && { limit }) });
      return packed.offloaded ? eventLike(event, packed.attributes) : event;
    },
    open: async (event, call) => {
      assertObject(event, "cloudEventsOffload", "event");
      const given = event as Readonly<Record<string, unknown>>;
      if (writtenData(given) !== undefined || given["dataref"] === undefined) return event;
      const opened = await offloader.unpack({ body: NO_DATA, attributes: attributesOf(given) }, call);
      const attributes = new Map<string, unknown>(opened.attributes);
      const form = attributes.get(FORM) ?? formOfType(given["datacontenttype"]);
      attributes.delete(FORM);
      return eventLike(event, attributes.set("data", readData(opened.body as Uint8Array, form)));
    },
  };
}

/** Returns all attributes of an event, without its data. */
function attributesOf(event: Readonly<Record<string, unknown>>): Map<string, AttributeValue> {
  const others = Object.entries(event).filter(
    ([name, value]) => name !== "data" && name !== "data_base64" && value !== undefined,
  );
  return new Map(others) as Map<string, AttributeValue>;
}

/** Makes an event of the same class. `CloudEvent` validates its members, but here they come from a valid event. */
function eventLike<E extends EventLike>(event: E, members: ReadonlyMap<string, unknown>): E {
  const own = Object.fromEntries(members);
  const Own = event.constructor as new (event: object, strict: boolean) => E;
  return Object.getPrototypeOf(event) === Object.prototype ? (own as E) : new Own(own, false);
}

function memberSize(name: string, json: string): number {
  return byteLength(name) + byteLength(json) + 4;
}
