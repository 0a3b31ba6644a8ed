import * as z from "zod/mini";
import type { HydrateOptions } from "../../configure/options.js";
import { isPlainObject } from "../../json/is-object.js";
import { parseOptions } from "../../options/parse-options.js";
import { bufferOf, textOf } from "../messages/body-form.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { cannotOpen } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import type { Wire } from "../messages/wire.js";
import { embeddedIn, readPointers } from "./embedded.js";
import { placeFields, Places, type ForeignOptions, type Pointer } from "./places.js";
import { jsonBody, noPointer, ownText, pointerFormat, storedBytes, textAttribute, without } from "./pointer-format.js";

/*
 * The transport for SQS: an attribute S3BodyKey. The body is "empty message", or a wrapper with its payload as
 * base64. https://docs.particular.net/transports/sqs/
 *
 * The claim check, formerly data bus: a header for each property. The body has {"Key":"…","HasValue":true} or null.
 * https://docs.particular.net/nservicebus/messaging/claimcheck/
 */

const BODY_KEY = "S3BodyKey";
const PROPERTY = "NServiceBus.DataBus.";
const CONTENT_TYPE = "NServiceBus.DataBusConfig.ContentType";

const options = z.strictObject(placeFields);

/** Options of {@link nServiceBus}. */
export type NServiceBusOptions = ForeignOptions;

/**
 * Makes the format of NServiceBus messages. Messages of its transport for SQS are detected by the attribute
 * `S3BodyKey`. Messages with claim check properties are detected by their headers. A wrapped body gets its payload in
 * the form of a small one. Properties are replaced by their JSON values. Messages do not contain the bucket, so set
 * `bucket`. Read only.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const reads = [nServiceBus({ bucket: "bodies", allow: ["s3://bodies/prefix"] })];
 */
export function nServiceBus(given: NServiceBusOptions = {}): MessageFormat {
  const places = new Places("nServiceBus", parseOptions(options, given, "nServiceBus"));
  const format = pointerFormat({
    name: "nServiceBus",
    places,
    detect: ({ attributes }) => attributes.has(BODY_KEY) || propertiesOf(attributes).length > 0,
    pointer: pointersIn,
  });
  return {
    ...format,
    whole: false,
    open: async (message, manager, call) => {
      // Checks all pointers before any request.
      for (const pointer of pointersIn(message)) places.find(pointer);
      const body = message.attributes.has(BODY_KEY)
        ? await transportBody(message, places, manager, call)
        : message.body;
      return propertiesOf(message.attributes).length === 0
        ? body
        : withProperties({ ...message, body }, places, manager, call);
    },
    restore: (message) =>
      without(message, [BODY_KEY, CONTENT_TYPE, ...propertiesOf(message.attributes).map((name) => PROPERTY + name)]),
  };
}

/** Returns the names of the properties that have a header. */
function propertiesOf(attributes: Wire["attributes"]): string[] {
  return [...attributes.keys()].filter((name) => name.startsWith(PROPERTY)).map((name) => name.slice(PROPERTY.length));
}

function pointersIn(message: Wire): Pointer[] {
  const names = [BODY_KEY, ...propertiesOf(message.attributes).map((name) => PROPERTY + name)];
  return names
    .filter((name) => message.attributes.has(name))
    .map((name) => ({ key: (textAttribute(message, name) ?? "").replaceAll("\\", "/") }));
}

async function transportBody(
  message: Wire,
  places: Places,
  manager: StorageManager,
  call: HydrateOptions,
): Promise<string | Uint8Array> {
  const stored = await storedBytes(places, pointersIn(message)[0]!, manager, call);
  const wrapper = jsonBody(message);
  if (!isPlainObject(wrapper) || !Object.hasOwn(wrapper, BODY_KEY)) return stored;
  const left = Object.fromEntries(Object.entries(wrapper).filter(([key]) => key !== BODY_KEY));
  return JSON.stringify({ ...left, Body: bufferOf(stored).toString("base64") });
}

async function withProperties(
  message: Wire,
  places: Places,
  manager: StorageManager,
  call: HydrateOptions,
): Promise<string> {
  const type = textAttribute(message, CONTENT_TYPE) ?? "application/json";
  if (type.split(";")[0]!.trim() !== "application/json") {
    const problem = "its claim check properties were written by a serializer other than that of JSON";
    throw cannotOpen("UNSUPPORTED", problem);
  }
  const names = propertiesOf(message.attributes);
  const pointers = pointersIn(without(message, [BODY_KEY]));
  const body = jsonBody(message);
  // Assigning to `__proto__` would not create a property.
  if (!isPlainObject(body) || names.some((name) => propertyOf(name) === "__proto__")) throw noPointer("nServiceBus");
  const read = await readPointers(pointers, places, manager, call);
  const values = new Map(names.map((name, index) => [name, parsed(read[index]!.bytes)]));
  const root = embeddedIn({ ...message, body: JSON.stringify(body) }, "HasValue");
  const result = (root?.root.body ?? body) as Record<string, unknown>;
  for (const { holder, key, value } of root?.slots ?? []) {
    const name = ownText(value, "Key");
    if (name === undefined || !values.has(name)) continue;
    holder[key] = values.get(name);
    values.delete(name);
  }
  // By convention, the header is the name of the type and then of the property. The property is null in the body.
  for (const [name, value] of values) {
    const property = propertyOf(name);
    if ((Object.hasOwn(result, property) ? result[property] : null) === null) result[property] = value;
  }
  return JSON.stringify(result);
}

function propertyOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes)) as unknown;
  } catch (cause) {
    throw cannotOpen("DECODE_FAILED", "a property of it is not JSON", { cause });
  }
}
