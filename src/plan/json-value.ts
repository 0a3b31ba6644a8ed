import { types } from "node:util";

/**
 * The value that `JSON.stringify` sees in place of `value`: what `toJSON` gives, and primitives out of their wrapper
 * objects (ECMA-262 SerializeJSONProperty, steps 2 to 4).
 */
export function jsonValue(value: unknown, key: string | number): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "bigint" && typeof value !== "function")) {
    return value;
  }
  const { toJSON } = value as { toJSON?: unknown };
  const seen: unknown = typeof toJSON === "function" ? toJSON.call(value, String(key)) : value;
  return types.isBoxedPrimitive(seen) ? unboxed(seen) : seen;
}

function unboxed(wrapper: object): unknown {
  if (types.isNumberObject(wrapper)) return Number(wrapper);
  if (types.isStringObject(wrapper)) return String(wrapper);
  // Other than for numbers and strings, JSON does not ask the wrapper, which may have a valueOf of its own.
  if (types.isBooleanObject(wrapper)) return Boolean.prototype.valueOf.call(wrapper);
  if (types.isBigIntObject(wrapper)) return BigInt.prototype.valueOf.call(wrapper);
  return wrapper; // a symbol's wrapper is an ordinary object to JSON
}

/** Whether `JSON.stringify` reads just the own properties of `value`, and a copy without prototype says the same. */
export function isPlainContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
