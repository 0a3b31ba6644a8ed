/** A part of an object. */
export interface ByteRange {
  readonly offset: number;
  /** Bytes, at least 1. */
  readonly size: number;
}

/** One read of an object, and the ranges that it brings. */
export interface PlannedRead<Range extends ByteRange> extends ByteRange {
  readonly ranges: readonly Range[];
}

export interface ReadPlan<Range extends ByteRange> {
  readonly reads: readonly PlannedRead<Range>[];
  /** Bytes that are read but not wanted. */
  readonly overRead: number;
}

/**
 * Bytes that cost less to read over than another request. A request to an object store takes 10 to 30 ms until its
 * first byte. With 16 requests in flight, that is 1 to 2 ms each. In that time one connection brings 64 to 256 KiB.
 */
const NEAR = 128 * 1024;

/** Most bytes of a merged read: two packs of the usual size. Larger spans are read in parts, in parallel. */
const MAX_READ = 16 * 1024 * 1024;

/**
 * Decides which bytes of an object are read to get some ranges of it. If most bytes between the first and the last
 * range are wanted, one read brings them all. Otherwise each range is read by itself, with ranges that overlap it or
 * are near. The plan never reads more bytes than the ranges together and `maxOverRead`.
 */
export function planReads<Range extends ByteRange>(ranges: readonly Range[], maxOverRead: number): ReadPlan<Range> {
  const sorted = [...ranges].sort((a, b) => a.offset - b.offset || a.size - b.size);
  const first = sorted[0];
  if (first === undefined) return { reads: [], overRead: 0 };
  const { end, gaps } = spanOf(sorted);
  const span = end - first.offset;
  if (span <= MAX_READ && gaps <= span / 2 && gaps <= maxOverRead) {
    return { reads: [{ offset: first.offset, size: span, ranges: sorted }], overRead: gaps };
  }
  return mergeNear(sorted, maxOverRead);
}

/** Returns where the last range ends, and the bytes between ranges. */
function spanOf(sorted: readonly ByteRange[]): { end: number; gaps: number } {
  let end = sorted[0]!.offset;
  let gaps = 0;
  for (const { offset, size } of sorted) {
    gaps += Math.max(offset - end, 0);
    end = Math.max(end, offset + size);
  }
  return { end, gaps };
}

function mergeNear<Range extends ByteRange>(sorted: readonly Range[], maxOverRead: number): ReadPlan<Range> {
  const reads: { offset: number; size: number; ranges: Range[] }[] = [];
  let overRead = 0;
  for (const range of sorted) {
    const read = reads.at(-1);
    const end = read === undefined ? 0 : read.offset + read.size;
    const gap = range.offset - end;
    const size = Math.max(end, range.offset + range.size) - (read?.offset ?? 0);
    const isNear = gap < 0 || (gap <= NEAR && size <= MAX_READ && overRead + gap <= maxOverRead);
    if (read === undefined || !isNear) {
      reads.push({ offset: range.offset, size: range.size, ranges: [range] });
      continue;
    }
    overRead += Math.max(gap, 0);
    read.size = size;
    read.ranges.push(range);
  }
  return { reads, overRead };
}
