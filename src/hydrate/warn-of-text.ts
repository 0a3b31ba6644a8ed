import { isBytes } from "../bytes/bytes.js";
import type { StorageLogger } from "../observe/logger.js";
import { warnOnce, wasWarned } from "../observe/warn-once.js";
import { referencesIn } from "../reference/references-in.js";

// A longer text is not a message that a caller forgot to parse.
const MAX_LENGTH = 1 << 20;

const MESSAGE =
  "hydrate was given a text, or bytes, that hold the JSON of references. A text is a payload of its own, and is given back " +
  "as it is: pass JSON.parse(text), or JSON.parse(bytes.toString()), if you mean what is in it.";

/** Warns, once for each owner, of a payload that the caller forgot to parse. Texts and bytes are payloads too. */
export function warnOfText(value: unknown, logger: StorageLogger | undefined, owner: object): void {
  if (logger === undefined || (typeof value !== "string" && !isBytes(value)) || wasWarned(owner, "text")) return;
  if (unparsedPayload(value) !== undefined) warnOnce(owner, "text", logger, MESSAGE);
}

/** Returns the payload that a caller forgot to parse: the JSON in a text, or in bytes, if it holds references. */
export function unparsedPayload(value: unknown): unknown {
  if (typeof value !== "string" && !isBytes(value)) return undefined;
  const text = typeof value === "string" ? value : bytesAsText(value);
  if (text.length > MAX_LENGTH || !text.includes("torageRef")) return undefined;
  try {
    const payload: unknown = JSON.parse(text);
    return referencesIn(payload).next().done === true ? undefined : payload;
  } catch {
    return undefined; // not JSON, or no readable JSON
  }
}

function bytesAsText(value: ArrayBufferView | ArrayBuffer | SharedArrayBuffer): string {
  if (value.byteLength > MAX_LENGTH) return "";
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
    : Buffer.from(value).toString();
}
