import { types } from "node:util";

/**
 * Returns the value that `JSON.stringify` sees in place of `value`. It is the result of `toJSON`, and primitives come
 * without their wrapper objects (ECMA-262 SerializeJSONProperty, steps 2 to 4).
 */
export function jsonValue(value: unknown, key: string | number): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "bigint" && typeof value !== "function")) {
    return value;
  }
  const { toJSON } = value as { toJSON?: unknown };
  const seen: unknown = typeof toJSON === "function" ? toJSON.call(value, String(key)) : value;
  return types.isBoxedPrimitive(seen) ? unboxed(seen) : seen;
}

/** Returns whether a value says itself what its JSON is. */
export function hasToJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

function unboxed(wrapper: object): unknown {
  if (types.isNumberObject(wrapper)) return Number(wrapper);
  if (types.isStringObject(wrapper)) return String(wrapper);
  // Unlike for numbers and strings, JSON does not ask the wrapper, which may have a valueOf of its own.
  if (types.isBooleanObject(wrapper)) return Boolean.prototype.valueOf.call(wrapper);
  if (types.isBigIntObject(wrapper)) return BigInt.prototype.valueOf.call(wrapper);
  return wrapper; // to JSON, a symbol's wrapper is an ordinary object
}

/**
 * Returns whether `JSON.stringify` reads only own properties of `value`, so that a copy without prototype is
 * equivalent.
 */
export function isPlainContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
