import { bodyOfPacked, isPackedValue } from "./envelope.js";
import type { MessageOffloader } from "./message-offloader.js";
import type { PackOptions } from "./options.js";
import type { Packed } from "./packed.js";
import type { CallOptions } from "../../store/store.js";
import { NOTHING } from "./wire.js";
import { writtenJson } from "./written-json.js";

/** A value after packing, and the packed message. `packed` is absent if the value travels as it is. */
export interface PackedValue {
  readonly value: unknown;
  readonly packed?: Packed;
}

/** Packs a value that a client writes as JSON. A value that fits is returned unchanged, as the same object. */
export async function packJsonValue(
  offloader: MessageOffloader,
  value: unknown,
  options?: PackOptions,
): Promise<PackedValue> {
  const body = writtenJson(value);
  if (body === undefined) return { value };
  const wire = { ...NOTHING, body };
  if (!offloader.leaves(wire, options)) return { value };
  const packed = await offloader.pack(wire, options);
  return { value: JSON.parse(packed.body as string), packed };
}

/** Opens a packed value. Any other value is returned unchanged, as the same object. @throws {MessageError} */
export async function openJsonValue(
  offloader: MessageOffloader,
  value: unknown,
  options?: CallOptions,
): Promise<unknown> {
  const body = bodyOfValue(offloader, value);
  if (body === undefined && options === undefined) return value;
  // Without a body, only the options of the call are checked.
  const opened = await offloader.unpack(body === undefined ? NOTHING : { ...NOTHING, body }, options);
  return opened.offloaded ? valueOfText(opened.body as string) : value;
}

/** Returns the body that a value was read from, if the value may be a message packed by this or another library. */
export function bodyOfValue(offloader: MessageOffloader, value: unknown): string | undefined {
  if (isPackedValue(value)) return bodyOfPacked(value);
  return offloader.readsOthers ? JSON.stringify(value) : undefined;
}

/** Parses a JSON text. Any other text is returned unchanged, because other libraries store texts too. */
export function valueOfText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
