import { bytesResult } from "../read-result.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../store.js";
import { readCall, type DriverCall } from "./driver-store.js";
import { existing } from "./object-info.js";

/** The header that asks for a range (RFC 9110, 14.2); `undefined` for the whole object. */
export function rangeHeader({ offset = 0, length }: ReadOptions): string | undefined {
  if (length === undefined) return offset === 0 ? undefined : `bytes=${offset}-`;
  return `bytes=${offset}-${Math.min(offset + length - 1, Number.MAX_SAFE_INTEGER)}`;
}

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

/** The result of a read that has no bytes: an empty range, or one that begins at or past the end of the object. */
export async function emptyRange(info: Promise<ObjectInfo | undefined>, call: DriverCall): Promise<ReadResult> {
  return bytesResult(existing(await info, call), new Uint8Array(0), readCall(call));
}
