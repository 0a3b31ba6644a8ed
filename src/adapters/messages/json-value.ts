import { bodyOfPacked, isPackedValue } from "./envelope.js";
import type { MessageOffloader } from "./message-offloader.js";
import type { PackOptions } from "./options.js";
import type { Packed } from "./packed.js";
import type { CallOptions } from "../../store/store.js";
import type { Wire } from "./wire.js";

const NO_ATTRIBUTES: Wire["attributes"] = new Map();

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
  const body = JSON.stringify(value) as string | undefined;
  if (body === undefined) return { value };
  const wire = { body, attributes: NO_ATTRIBUTES };
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
  // Without a body it is the options that are looked at.
  const opened = await offloader.unpack({ body: body ?? "", attributes: NO_ATTRIBUTES }, options);
  return opened.offloaded ? valueOfText(opened.body as string) : value;
}

/** The body that a value was read from, if it may be that of a packed message: its own, or one of another library. */
export function bodyOfValue(offloader: MessageOffloader, value: unknown): string | undefined {
  if (isPackedValue(value)) return bodyOfPacked(value);
  return offloader.readsOthers ? JSON.stringify(value) : undefined;
}

/** The value of a JSON text. Others store texts as well. */
export function valueOfText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
