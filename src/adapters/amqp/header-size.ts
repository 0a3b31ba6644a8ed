import { isObject } from "../../json/is-object.js";

// Class, weight, length of the body, and the flags of the properties.
const FIXED = 14;
// Longest encoding of a number, a flag or nothing: a tag and eight bytes.
const SCALAR = 9;
// Tag and length of a text, a table or a list.
const TAGGED = 5;

/**
 * Returns an upper bound for the size of the content header frame with these properties (AMQP 0-9-1, section
 * 4.2.6.1). The bound is at most a few bytes too high for each value.
 */
export function headerSize(properties: object): number {
  let size = FIXED;
  for (const [name, value] of Object.entries(properties)) {
    size += name === "headers" ? fieldSize(value) : isObject(value) ? SCALAR : fieldSize(value);
  }
  return size;
}

function fieldSize(value: unknown): number {
  if (typeof value === "string") return TAGGED + Buffer.byteLength(value);
  if (value instanceof Uint8Array) return TAGGED + value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((size, each) => size + fieldSize(each), TAGGED);
  if (!isObject(value)) return SCALAR;
  let size = TAGGED;
  for (const [name, inner] of Object.entries(value)) size += 1 + Buffer.byteLength(name) + fieldSize(inner);
  return size;
}
