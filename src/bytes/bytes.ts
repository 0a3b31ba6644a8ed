import { types } from "node:util";

/** Bytes in any of the forms that JavaScript has for them, of any realm (such as a `node:vm` context). */
export type Bytes = ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * Returns whether a value is bytes: a `Uint8Array`, `Buffer`, any other typed array, `DataView`, `ArrayBuffer`,
 * `SharedArrayBuffer`.
 */
export function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}

/**
 * Returns bytes as a `Uint8Array` of this realm, limited to the view; `undefined` for any other value. The bytes are
 * not copied, except from shared memory. Others may change shared memory at any time, and some clients of services do
 * not accept it.
 *
 * @throws {TypeError} when the memory was transferred elsewhere, so that there is nothing to read
 */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (types.isUint8Array(value)) {
    // Later code checks both with `instanceof`, which does not recognise arrays of other realms.
    const isOwn = value instanceof Uint8Array && !types.isSharedArrayBuffer(value.buffer);
    return isOwn && value.byteLength > 0 ? value : viewOf(value, isOwn);
  }
  return isBytes(value) ? viewOf(value, false) : undefined;
}

export function beginsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, beginning.byteLength), beginning) === 0;
}

/** Returns whether the memory of bytes was transferred, by `postMessage` or `structuredClone`. */
export function isDetached(value: Bytes): boolean {
  try {
    bytesOf(value);
    return false;
  } catch {
    return true;
  }
}

function viewOf(value: Bytes, isOwn: boolean): Uint8Array {
  const [buffer, offset, length] = types.isAnyArrayBuffer(value)
    ? ([value, 0, value.byteLength] as const)
    : ([value.buffer, value.byteOffset, value.byteLength] as const);
  const view = new Uint8Array(buffer, offset, length); // throws if the memory is detached
  if (isOwn) return value as Uint8Array;
  return types.isSharedArrayBuffer(buffer) ? new Uint8Array(view) : view;
}
