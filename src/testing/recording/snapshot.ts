import { types } from "node:util";

/**
 * Returns a value as it is now. Plain objects, arrays, dates and bytes are copied, so that later changes do not
 * matter. Other values are not copied (streams, signals, functions, stores). The same holds for a value that can't be
 * copied without running its owner's code.
 */
export function snapshot<T>(value: T): T {
  try {
    return copyOf(value, new Map()) as T;
  } catch {
    return value; // a proxy that throws, or a value nested deeper than the stack
  }
}

function copyOf(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (types.isDate(value)) return new Date(value);
  if (types.isUint8Array(value)) return new Uint8Array(value);
  if (!Array.isArray(value) && !isPlainData(value)) return value;
  const copy: unknown[] | object = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    Object.defineProperty(copy, key, { ...property, value: copyOf(property.value, copies) });
  }
  return copy;
}

// An object with symbols, such as a body that is iterated, or with getters, is more than data.
function isPlainData(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every((property) => "value" in property);
}
