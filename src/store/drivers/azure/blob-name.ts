// Converts object paths to names of blobs, one to one and in the same order, so that a listing needs no sorting.
//
// Azure sorts names. Its documentation does not say whether it sorts by code points or by UTF-16 code units. The two
// orders differ for characters from U+E000 on. Azure refuses some of those characters, and it loses a dot at the end
// of a segment ("Naming and referencing containers, blobs, and metadata"). So these rules hold:
// - A character from U+D7A2 on is written as U+D7A2 and two digits of base 1,024. Most emoji are among them.
// - A dot at the end of a name is followed by "!". Therefore a space or "!" after a dot is preceded by another "!".
// - A dot before a slash is followed by "." and U+D7A3, which is greater than any character that may stand there.
//
// All other characters are written as they are.

/** Most characters of a blob's name ("Naming and referencing containers, blobs, and metadata"). */
const MAX_NAME_LENGTH = 1024;

const FIRST_ESCAPED = 0xd7a2;
const ESCAPE = "\ud7a2";
const BEFORE_SLASH = ".\ud7a3";
const FIRST_DIGIT = 0x4e00;
const BASE = 1024;

/** Returns the name of the blob that holds an object. Returns `undefined` if the name would be too long for Azure. */
export function blobNameOf(path: string): string | undefined {
  const name = encode(path).replace(/\.$/, ".!");
  return name.length > MAX_NAME_LENGTH ? undefined : name;
}

/** Returns the beginning of the blob names of all objects whose path has this prefix. */
export function blobPrefixOf(prefix: string): string {
  return encode(prefix);
}

/** Returns the path of the object in a blob, or `undefined` for a blob that no path leads to. */
export function pathOfBlob(name: string): string | undefined {
  const path = name
    .replaceAll(`.${BEFORE_SLASH}/`, "./")
    .replace(/\.!(?=[ !]|$)/g, ".")
    .replace(/\ud7a2([\u4e00-\u520a])([\u4e00-\u51ff])/g, (_, high: string, low: string) =>
      String.fromCodePoint(Math.min(FIRST_ESCAPED + digit(high) * BASE + digit(low), 0x10ffff)),
    );
  return blobNameOf(path) === name ? path : undefined;
}

function encode(path: string): string {
  return path
    .replace(/[\ud7a2-\uffff\u{10000}-\u{10ffff}]/gu, escape)
    .replace(/\.(?=[ !])/g, ".!")
    .replace(/\.(?=\/)/g, `.${BEFORE_SLASH}`);
}

function escape(character: string): string {
  const offset = character.codePointAt(0)! - FIRST_ESCAPED;
  const digits = [Math.floor(offset / BASE), offset % BASE];
  return ESCAPE + String.fromCharCode(...digits.map((value) => FIRST_DIGIT + value));
}

function digit(character: string): number {
  return character.charCodeAt(0) - FIRST_DIGIT;
}
