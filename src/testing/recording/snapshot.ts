import { types } from "node:util";

/**
 * A value as it is now: plain objects, arrays, dates and bytes are copied, whatever is done with them later. All else stays
 * what it is (streams, signals, functions, stores), and so does what can't be copied without running code of its owner.
 */
export function snapshot<T>(value: T): T {
  try {
    return copyOf(value, new Map()) as T;
  } catch {
    return value; // a proxy that throws, or nested deeper than the stack
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

// What has symbols, such as a body that is iterated, or getters, is more than data.
function isPlainData(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every((property) => "value" in property);
}
