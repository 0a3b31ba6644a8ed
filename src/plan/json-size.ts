import { isPlainText } from "../json/plain-text.js";
import { characterEnd } from "../json/json-writer.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const MAY_BE_ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

// From this length on, two native calls cost less than the loop (measured: 24 to 64 characters, depending on the
// text).
const LONG = 48;

/**
 * Returns the UTF-8 bytes of `JSON.stringify(text)`, with quotes, without making that string.
 *
 * The escapes are those of ECMA-262 QuoteJSONString. The characters `"` and `\` and controls with a short form take
 * two bytes. Other controls and lone surrogates take six.
 */
export function stringSize(text: string): number {
  if (isPlainText(text)) return text.length + 2;
  if (text.length >= LONG && !MAY_BE_ESCAPED.test(text)) return Buffer.byteLength(text) + 2;
  return countedSize(text);
}

/** Characters of a long text that one step looks at. */
const TEXT_STEP = 65_536;

/**
 * Does the same for a long text, in steps. A regular expression that has to be compiled first is slow until its first
 * use has ended.
 */
export function* stringSizeInSteps(text: string): Generator<undefined, number, undefined> {
  let size = 2;
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = characterEnd(text, start + TEXT_STEP);
    size += stringSize(text.slice(start, end)) - 2;
    yield undefined;
  }
  return size;
}

/** Returns by how many bytes {@link stringSize} of a text may exceed {@link leastStringSize}. */
export function stringSlack(text: string): number {
  return text.length * 5; // a unit has at most six bytes, \uXXXX
}

/** Returns the least that {@link stringSize} of a text can be. It is known without reading the text. */
export function leastStringSize(text: string): number {
  return text.length + 2;
}

function countedSize(text: string): number {
  const length = text.length;
  let size = length + 2;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      if (unit < 0x20) size += controlExtra(unit);
      else if (unit === QUOTE || unit === BACKSLASH) size += 1;
    } else if (unit < 0x800) {
      size += 1;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      size += 2;
    } else if (unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      size += 2; // a pair: four bytes for two units
      i++;
    } else {
      size += 5; // alone: \udXXX
    }
  }
  return size;
}

function controlExtra(unit: number): number {
  // \b \t \n \f \r have short forms, but 0x0b has none.
  return unit >= 0x08 && unit <= 0x0d && unit !== 0x0b ? 1 : 5;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff; // NaN, past the end, is neither
}

const MAX_DECIMALS = 6;
const MAX_POWER = 10 ** MAX_DECIMALS;

/** Returns the bytes of `JSON.stringify(value)` of a finite number. */
export function numberSize(value: number): number {
  const quick = quickNumberSize(value);
  return quick > 0 ? quick : String(value).length;
}

/**
 * Does the same for whole numbers and numbers with up to six decimals, which most numbers are. Returns 0 for other
 * numbers, because finding their shortest form takes far longer.
 */
export function quickNumberSize(value: number): number {
  const magnitude = value < 0 ? -value : value;
  if (magnitude >= 1e15) return 0;
  const sign = value < 0 ? 1 : 0;
  const whole = Math.floor(magnitude);
  if (whole === magnitude) return digitsOf(whole) + sign;
  if (magnitude < 1e-6 || magnitude >= 1e9 || !hasDecimals(magnitude, MAX_POWER)) return 0;
  let decimals = 1;
  for (let power = 10; !hasDecimals(magnitude, power); power *= 10) decimals++;
  return digitsOf(whole) + 1 + decimals + sign;
}

// Dividing two whole numbers below 2^53 gives the double nearest to that decimal. The text of the decimal is read as
// the same double.
function hasDecimals(magnitude: number, power: number): boolean {
  return Math.round(magnitude * power) / power === magnitude;
}

/** Returns whether {@link leastNumberSize} is known for a number that has no quick size. */
export function hasLeastNumberSize(value: number): boolean {
  const magnitude = value < 0 ? -value : value;
  return magnitude >= 1e-6 && magnitude < 1e9; // without exponent
}

/** Returns the least bytes of a number without a quick size. The number has more than six decimals. */
export function leastNumberSize(value: number): number {
  const magnitude = value < 0 ? -value : value;
  return digitsOf(Math.floor(magnitude)) + 1 + MAX_DECIMALS + 1 + (value < 0 ? 1 : 0);
}

/** Bytes that such a number may have besides. 17 significant digits tell any two doubles apart, after five zeros. */
export const NUMBER_SLACK = 17 + 5 - (MAX_DECIMALS + 1);

function digitsOf(whole: number): number {
  if (whole < 10) return 1;
  if (whole < 100) return 2;
  if (whole < 1e3) return 3;
  if (whole < 1e4) return 4;
  let digits = 4;
  for (let power = 1e4; power <= whole; power *= 10) digits++;
  return digits;
}
