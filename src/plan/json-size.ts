const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * UTF-8 bytes of `JSON.stringify(text)`, quotes included, without making that string.
 *
 * Escapes are those of ECMA-262 QuoteJSONString: two bytes for `"`, `\` and the controls that have a short form, six
 * for other controls and for lone surrogates.
 */
export function stringSize(text: string): number {
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
  // \b \t \n \f \r have short forms; 0x0b has none.
  return unit >= 0x08 && unit <= 0x0d && unit !== 0x0b ? 1 : 5;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff; // NaN, past the end, is neither
}

/** Bytes of `JSON.stringify(value)` of a finite number. */
export function numberSize(value: number): number {
  if (value >= 0 && value < 1e9 && (value | 0) === value) {
    if (value < 10) return 1;
    if (value < 100) return 2;
    if (value < 1000) return 3;
    if (value < 10_000) return 4;
    if (value < 100_000) return 5;
    if (value < 1e6) return 6;
    if (value < 1e7) return 7;
    return value < 1e8 ? 8 : 9;
  }
  return String(value).length;
}
