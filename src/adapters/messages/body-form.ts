import { isUtf8 } from "node:buffer";

/**
 * Form of a body:
 * - `json`: JSON exactly as `JSON.stringify` writes it, so that the value gives the same bytes again
 * - `text`: any other text, for example JSON with spaces, `1.0`, duplicate keys or other escapes
 * - `binary`: bytes that are not such JSON
 */
export type BodyForm = "json" | "text" | "binary";

/** The form of a body, and the value that represents the body. */
export interface FormedBody {
  readonly form: BodyForm;
  readonly value: unknown;
}

/** Finds the form of a body. */
export function formOf(body: string | Uint8Array): FormedBody {
  if (typeof body === "string") return jsonOf(body) ?? { form: "text", value: body };
  return (isUtf8(body) ? jsonOf(textOf(body)) : undefined) ?? { form: "binary", value: body };
}

function jsonOf(text: string): FormedBody | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? { form: "json", value } : undefined;
  } catch {
    return undefined; // not JSON, or JSON that is too deeply nested to be written again
  }
}

/** Returns the same bytes as a `Buffer`. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Decodes bytes as UTF-8 text. */
export function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString();
}

/** Parses JSON, however it is printed. Anything else gives `undefined`. */
export function jsonIn(body: string | Uint8Array): unknown {
  if (typeof body !== "string" && !isUtf8(body)) return undefined;
  try {
    return JSON.parse(typeof body === "string" ? body : textOf(body)) as unknown;
  } catch {
    return undefined;
  }
}
