import { formatLocation } from "../paths/location.js";
import type { ParsedReference } from "../reference/reference.js";
import type { ReadRange } from "../configure/call-settings.js";
import { integrityError, partOf } from "./entry-bytes.js";
import type { PartToOpen } from "./reads/open-part.js";

/** Limits a range to the size that a reference states. Returns `undefined` when the range is the whole entry. */
export function rangeWithin(range: ReadRange | undefined, { size }: ParsedReference): ReadRange | undefined {
  if (range === undefined) return undefined;
  const offset = Math.min(range.offset, size ?? Number.MAX_SAFE_INTEGER);
  const left = size === undefined ? undefined : size - offset;
  const length = Math.min(range.length ?? Number.POSITIVE_INFINITY, left ?? Number.POSITIVE_INFINITY);
  if (offset === 0 && length === (size ?? Number.POSITIVE_INFINITY)) return undefined;
  return { offset, length: Number.isFinite(length) ? length : undefined };
}

/** Returns where a range of an entry lies in its object. */
export function partOfRange(range: ReadRange | undefined, reference: ParsedReference): PartToOpen | undefined {
  const whole = partOf(reference);
  return range === undefined ? whole : { offset: (whole?.offset ?? 0) + range.offset, length: range.length };
}

/** Cuts a range from decoded bytes. */
export function cutBytes(bytes: Uint8Array, range: ReadRange | undefined): Uint8Array {
  if (range === undefined) return bytes;
  return bytes.subarray(range.offset, range.offset + (range.length ?? bytes.byteLength));
}

/** Passes on a range, whose digest is unknown. It fails with `INTEGRITY` if the range has another length. */
export async function* chunksOfLength(
  chunks: AsyncIterable<Uint8Array>,
  { length }: ReadRange,
  { location, size: known }: ParsedReference,
  store: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > (length ?? Number.POSITIVE_INFINITY)) break;
    yield chunk;
  }
  if (known === undefined || size === length) return;
  throw integrityError(
    `a range of it has not the ${length} bytes that were asked for`,
    store,
    formatLocation(location),
  );
}
