/** Where a part of a text may end at or after `index`, so that no character of two units (a surrogate pair) is cut in two. */
export function characterEnd(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1); // NaN, past the end, is no surrogate
  return unit >= 0xd800 && unit < 0xdc00 ? index + 1 : index;
}
