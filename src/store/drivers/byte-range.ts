import { bytesResult } from "../read-result.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../store.js";
import { readCall, type DriverCall } from "./driver-store.js";
import { existing } from "./object-info.js";

/** Returns the header that asks for a range (RFC 9110, 14.2). Returns `undefined` for the whole object. */
export function rangeHeader({ offset = 0, length }: ReadOptions): string | undefined {
  if (length === undefined) return offset === 0 ? undefined : `bytes=${offset}-`;
  return `bytes=${offset}-${Math.min(offset + length - 1, Number.MAX_SAFE_INTEGER)}`;
}

/** The content of a Content-Range header: the first and the last byte sent, and the size of the object. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number;
}

/** Reads `bytes 0-9/100` (RFC 9110, 14.4). Returns `undefined` for an invalid range, and if the total is missing. */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(text ?? "");
  if (found === null) return undefined;
  const [first, last, total] = found.slice(1).map(Number) as [number, number, number];
  return first <= last && last < total ? { first, last, total } : undefined;
}

/** Tells whether a range is the requested one: all of the request, as far as the object goes. */
export function isRangeOf({ first, last, total }: ContentRange, offset: number, length = Infinity): boolean {
  return first === offset && last === Math.min(offset + length, total) - 1;
}

/** Returns the result of a read without bytes. Its range is empty, or begins at or after the end of the object. */
export async function emptyRange(info: Promise<ObjectInfo | undefined>, call: DriverCall): Promise<ReadResult> {
  return bytesResult(existing(await info, call), new Uint8Array(0), readCall(call));
}
