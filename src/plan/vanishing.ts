import { types } from "node:util";

/**
 * Names the kind of a value that JSON loses, whatever it holds. Returns `undefined` for values that JSON keeps. A
 * value is recognised by its nature, not by its class. Values of other realms, and of packages that replace the web's
 * classes, are the same to JSON.
 *
 * @param value not an array, and not an object with the prototype of plain objects
 */
export function vanishingKind(value: object): string | undefined {
  if (types.isMap(value)) return "a Map";
  if (types.isSet(value)) return "a Set";
  if (types.isWeakMap(value)) return "a WeakMap";
  if (types.isWeakSet(value)) return "a WeakSet";
  if (types.isPromise(value)) return "a Promise, which was not awaited";
  if (types.isNativeError(value)) return "an Error";
  if (types.isRegExp(value)) return "a RegExp";
  return vanishingByTag(value);
}

// Methods that these have. No other object has them together with the same tag by chance.
const METHODS: ReadonlyMap<string, readonly string[]> = new Map([
  ["WeakRef", ["deref"]],
  ["DOMException", []],
  ["Request", ["arrayBuffer", "clone"]],
  ["Response", ["arrayBuffer", "clone"]],
  ["Headers", ["append", "forEach"]],
  ["FormData", ["append"]],
  ["URLSearchParams", ["append", "getAll"]],
]);

function vanishingByTag(value: object): string | undefined {
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof tag !== "string") return undefined;
  const methods = METHODS.get(tag);
  // An own property for the tag is data, however odd.
  if (methods === undefined || Object.hasOwn(value, Symbol.toStringTag)) return undefined;
  const isOne = methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
  return isOne ? `a ${tag}` : undefined;
}
