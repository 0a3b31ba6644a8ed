/**
 * A text as bytes: UTF-8, and lone surrogates as the three bytes that UTF-8 would have for them (WTF-8), since parsers
 * meet those too.
 */
export function toBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  return Buffer.concat(
    Array.from(text, (character) => {
      const code = character.codePointAt(0)!;
      const isSurrogate = code >= 0xd800 && code <= 0xdfff;
      return isSurrogate ? Buffer.of(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)) : Buffer.from(character);
    }),
  );
}

/** The text that {@link toBytes} wrote; what is not of that form becomes U+FFFD. */
export function toText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  let from = 0;
  for (let at = buffer.indexOf(0xed); at !== -1; at = buffer.indexOf(0xed, at + 1)) {
    const [second = 0, third = 0] = buffer.subarray(at + 1, at + 3);
    if ((second & 0xe0) !== 0xa0 || (third & 0xc0) !== 0x80) continue;
    text += buffer.toString("utf8", from, at) + String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
    from = at + 3;
  }
  return text + buffer.toString("utf8", from);
}
