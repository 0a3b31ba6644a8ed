import { setOwn } from "../json/container.js";
import { LINE_UNITS, storedObjectOf, type StoredObject } from "./stored-object.js";

const LINE_END = 10;
const COMMA = 44;
const CLOSE = 125;
const HEAD = Buffer.from('{"contentType":"json",');
const DATA = '"data":';

// The brackets that turn pieces of an array or object into JSON of their own.
const CLOSING: Readonly<Record<string, string>> = { "[": "]", "{": "}" };

/**
 * Parses the bytes of a StoredObject line by line. It works where the writer has ended lines at commas of the
 * outermost container. Any other comma with a line end is detected. Inside an inner container, the text before it has
 * a bracket that nothing closes.
 *
 * @param decode returns the text of some bytes
 * @param least minimum size in bytes of a line that is parsed alone; several short lines are parsed together
 * @returns `undefined` where the text must be parsed as a whole, which also finds what is wrong with it
 */
export function* parseLines(
  bytes: Buffer,
  path: string,
  decode: (bytes: Buffer) => string,
  least = LINE_UNITS,
): Generator<undefined, StoredObject | undefined, undefined> {
  let end = lineEnd(bytes, least);
  if (end === -1 || !bytes.subarray(0, HEAD.byteLength).equals(HEAD)) return undefined;
  const first = decode(bytes.subarray(0, end));
  const opening = first.charAt(first.indexOf(DATA) + DATA.length);
  const closing = CLOSING[opening];
  if (closing === undefined) return undefined;
  try {
    const head = JSON.parse(`${first}${closing}}`) as object;
    if (!endsWithData(head)) return undefined;
    const object = storedObjectOf(head, path);
    while (end !== -1) {
      yield undefined;
      const start = end + 2;
      end = lineEnd(bytes, start + least);
      // The last line has the bracket that closes the data, and the one of the StoredObject.
      const line = decode(bytes.subarray(start, end === -1 ? bytes.byteLength - 1 : end));
      const json = opening + line + (end === -1 ? "" : closing);
      if (!append(object.data as object, JSON.parse(json) as object)) return undefined;
    }
    return bytes[bytes.byteLength - 1] === CLOSE ? object : undefined;
  } catch {
    return undefined;
  }
}

const FIELDS = ["contentType", "schema", "schemaVersion", "data"];

/**
 * Returns whether the first line ends inside the data. No field may come after the data, and all fields must be known.
 */
function endsWithData(head: object): boolean {
  const keys = Object.keys(head);
  return keys.at(-1) === "data" && keys.every((key) => FIELDS.includes(key));
}

/** Returns the position of the next comma that ends a line, or -1. */
function lineEnd(bytes: Buffer, start: number): number {
  for (let from = start; ; from++) {
    from = bytes.indexOf(LINE_END, from);
    if (from === -1 || bytes[from - 1] === COMMA) return from === -1 ? -1 : from - 1;
  }
}

/**
 * Adds the contents of a line.
 *
 * @returns whether there were any, because two commas in a row are not JSON
 */
function append(data: object, line: object): boolean {
  if (Array.isArray(data)) {
    const items = line as readonly unknown[];
    for (const item of items) data.push(item);
    return items.length > 0;
  }
  const keys = Object.keys(line);
  for (const key of keys) setOwn(data as Record<string, unknown>, key, (line as Record<string, unknown>)[key]);
  return keys.length > 0;
}
