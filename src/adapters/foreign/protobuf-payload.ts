import { isUtf8 } from "node:buffer";
import { textOf } from "../messages/body-form.js";

/**
 * A payload of Temporal, `temporal.api.common.v1.Payload`. See
 * https://github.com/temporalio/api/blob/master/temporal/api/common/v1/message.proto.
 */
export interface ProtobufPayload {
  readonly metadata: ReadonlyMap<string, Uint8Array>;
  readonly data: Uint8Array;
}

const METADATA = 1;
const DATA = 2;
const KEY = 1;
const VALUE = 2;
const EMPTY = new Uint8Array();

/** Decodes a payload. `undefined` for bytes that are not a payload. Ignores unknown fields. */
export function decodePayload(bytes: Uint8Array): ProtobufPayload | undefined {
  try {
    const metadata = new Map<string, Uint8Array>();
    let data: Uint8Array = EMPTY;
    for (const { field, value } of lengthDelimited(bytes)) {
      if (field === DATA) data = value;
      if (field !== METADATA) continue;
      const entry = new Map([...lengthDelimited(value)].map((part) => [part.field, part.value]));
      metadata.set(nameOf(entry.get(KEY) ?? EMPTY), entry.get(VALUE) ?? EMPTY);
    }
    return { metadata, data };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function nameOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new RangeError("a key has no UTF-8");
  return textOf(bytes);
}

/** Yields the length-delimited fields of a message. https://protobuf.dev/programming-guides/encoding/ */
function* lengthDelimited(bytes: Uint8Array): Generator<{ field: number; value: Uint8Array }, void, undefined> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the message ends in a number");
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number has more than ten bytes");
  };
  while (at < bytes.byteLength) {
    const tag = varint();
    const length = lengthOf(tag % 8, varint);
    if (length > bytes.byteLength - at) throw new RangeError("a field ends behind the message");
    const value = bytes.subarray(at, at + length);
    at += length;
    if (tag % 8 === 2) yield { field: Math.floor(tag / 8), value };
  }
}

function lengthOf(wireType: number, varint: () => number): number {
  if (wireType === 0) {
    varint();
    return 0;
  }
  if (wireType === 1) return 8;
  if (wireType === 2) return varint();
  if (wireType === 5) return 4;
  throw new RangeError("a field has a type that there is not");
}
