import { types } from "node:util";

/**
 * Names what a value is of which JSON keeps nothing, whatever it holds; `undefined` for what JSON keeps. Known by what it is
 * and not by its class: those of other realms, and of packages that stand in for the web's, are the same to JSON.
 *
 * @param value no array, and no object whose prototype is that of plain ones
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

// What these have no other object has that bears their tag by chance.
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
  // An own tag is data, however odd.
  if (methods === undefined || Object.hasOwn(value, Symbol.toStringTag)) return undefined;
  const isOne = methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
  return isOne ? `a ${tag}` : undefined;
}
