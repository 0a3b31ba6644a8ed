import { planReads } from "../../../src/hydrate/reads/read-plan.js";
import { assert } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

interface Range {
  readonly offset: number;
  readonly size: number;
}

function isRange(value: unknown): value is Range {
  const { offset, size } = (value ?? {}) as Partial<Range>;
  const isCount = (number: unknown, least: number): boolean => Number.isSafeInteger(number) && Number(number) >= least;
  return isCount(offset, 0) && isCount(size, 1) && Number.isSafeInteger(offset! + size!);
}

/** `[bytes that may be read for nothing, parts of an object]`: any that references can name. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    [8_388_608, { offset: 0, size: 10 }, { offset: 10, size: 10 }, { offset: 5, size: 10 }],
    [0, { offset: 0, size: 1 }, { offset: 2, size: 1 }],
    [1000, { offset: 1e9, size: 1 }, { offset: 0, size: 1 }, { offset: 0, size: 20_000_000 }],
    [131_072, { offset: 0, size: 1 }, { offset: 131_073, size: 1 }, { offset: 9_007_199_254_740_990, size: 1 }],
  ],
  run(input) {
    if (!Array.isArray(input)) return;
    const [allowance, ...parts] = input as unknown[];
    const maxOverRead = typeof allowance === "number" && allowance >= 0 ? allowance : 0;
    const ranges = parts.filter(isRange);
    const { reads, overRead } = planReads(ranges, maxOverRead);
    assert(overRead >= 0 && overRead <= maxOverRead, "It reads more for nothing than it may.");
    for (const { offset, size, ranges: brought } of reads) {
      assert(Number.isSafeInteger(offset + size) && size > 0, "A read is none.");
      const isInside = (range: Range): boolean => range.offset >= offset && range.offset + range.size <= offset + size;
      assert(brought.length > 0 && brought.every(isInside), "A read does not bring what it is for.");
    }
    const brought = new Set(reads.flatMap((read) => read.ranges));
    assert(brought.size === ranges.length && ranges.every((range) => brought.has(range)), "A part is not read.");
    const total = reads.reduce((sum, { size }) => sum + size, 0);
    const wanted = ranges.reduce((sum, { size }) => sum + size, 0);
    assert(total <= wanted + overRead, "It reads more than it says.");
  },
});
