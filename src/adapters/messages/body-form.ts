import { isUtf8 } from "node:buffer";

/**
 * What a body is:
 * - `json`: JSON as `JSON.stringify` writes it, so that it comes back byte for byte from its value
 * - `text`: any other text; JSON with spaces, `1.0`, doubled keys or other escapes too
 * - `binary`: bytes that are not such JSON
 */
export type BodyForm = "json" | "text" | "binary";

/** A body, and the value that stands for it. */
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
    return undefined; // no JSON, or JSON that is nested too deep to be written again
  }
}

/** The UTF-8 text of bytes. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
