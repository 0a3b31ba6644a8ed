import { isUtf8 } from "node:buffer";
import { textOf } from "../messages/body-form.js";
import { writtenJson } from "../messages/written-json.js";

/** Form of an event's data: a JSON value, text, or bytes. */
export type DataForm = "json" | "text" | "binary";

const JSON_TYPE = /^[^;]*[/+]json\s*(;|$)/i;
const TEXT_TYPE = /^text\/|^[^;]*[/+](xml|yaml)\s*(;|$)/i;

/** Returns the form of data by its `datacontenttype`. Without a type, the data is JSON. */
export function formOfType(type: unknown): DataForm {
  if (typeof type !== "string" || JSON_TYPE.test(type)) return "json";
  return TEXT_TYPE.test(type) ? "text" : "binary";
}

/** Returns the data of an event as it is stored. `undefined` if the event has no data. */
export function writtenData(
  event: Readonly<Record<string, unknown>>,
): { readonly form: DataForm; readonly body: string | Uint8Array } | undefined {
  const { data, data_base64: base64, datacontenttype } = event;
  if (data instanceof Uint8Array) return { form: "binary", body: data };
  if (data === undefined) {
    return typeof base64 === "string" ? { form: "binary", body: Buffer.from(base64, "base64") } : undefined;
  }
  const isText = typeof data === "string" && formOfType(datacontenttype) !== "json";
  if (isText) return { form: "text", body: data };
  const body = writtenJson(data);
  return body === undefined ? undefined : { form: "json", body };
}

/** Converts stored bytes to the data of an event. Bytes that do not match their form stay bytes. */
export function readData(bytes: Uint8Array, form: unknown): unknown {
  if (form === "binary" || !isUtf8(bytes)) return bytes;
  if (form === "text") return textOf(bytes);
  try {
    return JSON.parse(textOf(bytes)) as unknown;
  } catch {
    return bytes;
  }
}
