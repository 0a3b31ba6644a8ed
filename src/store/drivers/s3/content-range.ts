/** What a Content-Range says: the first and the last byte that were sent, and how many the object has. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** Reads `bytes 0-9/100` (RFC 9110, 14.4); `undefined` for what makes no sense, and where the total is not said. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(text ?? "");
  if (found === null) return undefined;
  const [first, last, total] = found.slice(1).map(Number) as [number, number, number];
  return first <= last && last < total ? { first, last, total } : undefined;
}

/** Whether the range is the one that was asked for: all of it, as far as the object goes. */
export function isRangeOf({ first, last, total }: ContentRange, offset: number, length = Infinity): boolean {
  return first === offset && last === Math.min(offset + length, total) - 1;
}
