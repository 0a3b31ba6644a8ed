import { isObject } from "../../json/is-object.js";

// Class, weight, length of the body, and the flags of the properties.
const FIXED = 14;
// Longest encoding of a number, a flag or nothing: a tag and eight bytes.
const SCALAR = 9;
// Of a text, a table or a list: a tag and a length.
const TAGGED = 5;

/**
 * At least the bytes of the content header frame that carries these properties (AMQP 0-9-1, section 4.2.6.1): at most a few
 * bytes a value more.
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
