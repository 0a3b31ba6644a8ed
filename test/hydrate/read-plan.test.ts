import fc from "fast-check";
import { planReads, type ByteRange } from "../../src/hydrate/reads/read-plan.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const range = (offset: number, size: number): ByteRange => ({ offset, size });
const reads = (ranges: readonly ByteRange[], maxOverRead = Infinity) =>
  planReads(ranges, maxOverRead).reads.map(({ offset, size }) => [offset, size]);

const ranges = fc.array(
  fc.record({
    offset: fc.oneof(fc.nat(1000), fc.nat(40 * MiB), fc.nat(Number.MAX_SAFE_INTEGER - 64 * MiB)),
    size: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 20 * MiB })),
  }),
  { maxLength: 40 },
);

describe("planReads", () => {
  it.each<[string, ByteRange[], number[][]]>([
    ["nothing of nothing", [], []],
    ["one range as it is", [range(5, 10)], [[5, 10]]],
    ["ranges one after the other at once", [range(0, 10), range(11, 10), range(22, 5)], [[0, 27]]],
    ["ranges in any order, and the same one twice", [range(22, 5), range(0, 10), range(22, 5)], [[0, 27]]],
    ["ranges that overlap, and one inside another", [range(0, 100), range(50, 100), range(10, 5)], [[0, 150]]],
    ["over a gap of up to 128 KiB", [range(0, 1), range(1 + 128 * KiB, 1)], [[0, 128 * KiB + 2]]],
    [
      "not over a larger one",
      [range(0, 1), range(2 + 128 * KiB, 1)],
      [
        [0, 1],
        [2 + 128 * KiB, 1],
      ],
    ],
    [
      "from first to last where at least half is wanted, however large the gaps",
      [range(0, 2 * MiB), range(5 * MiB, 1 * MiB)],
      [[0, 6 * MiB]],
    ],
    [
      "apart where less is",
      [range(0, 2 * MiB), range(5 * MiB, 1 * MiB - 1)],
      [
        [0, 2 * MiB],
        [5 * MiB, 1 * MiB - 1],
      ],
    ],
    [
      "in parts of up to 16 MiB",
      Array.from({ length: 40 }, (_, i) => range(i * MiB, MiB)),
      [
        [0, 16 * MiB],
        [16 * MiB, 16 * MiB],
        [32 * MiB, 8 * MiB],
      ],
    ],
    ["a larger range by itself", [range(0, 20 * MiB)], [[0, 20 * MiB]]],
  ])("reads %s", (_, wanted, expected) => {
    expect(reads(wanted)).toEqual(expected);
  });

  it("reads nothing over when it may not", () => {
    const wanted = [range(0, 10), range(11, 10), range(21, 5), range(30, 1)];
    expect(reads(wanted, 0)).toEqual([
      [0, 10],
      [11, 15],
      [30, 1],
    ]);
    expect(reads(wanted, 1)).toEqual([
      [0, 26],
      [30, 1],
    ]);
    expect(planReads(wanted, 5)).toMatchObject({ overRead: 5, reads: [{ offset: 0, size: 31 }] });
  });

  it("brings every range, reads no byte twice for nothing, and never more than ranges and allowance together", () => {
    fc.assert(
      fc.property(ranges, fc.oneof(fc.nat(1000), fc.nat(20 * MiB)), (wanted, maxOverRead) => {
        const plan = planReads(wanted, maxOverRead);
        expect(plan.reads.flatMap(({ ranges: brought }) => brought)).toHaveLength(wanted.length);
        for (const read of plan.reads) {
          for (const { offset, size } of read.ranges) {
            expect(offset).toBeGreaterThanOrEqual(read.offset);
            expect(offset + size).toBeLessThanOrEqual(read.offset + read.size);
          }
        }
        const sum = (items: readonly ByteRange[]) => items.reduce((total, { size }) => total + size, 0);
        expect(plan.overRead).toBeLessThanOrEqual(maxOverRead);
        expect(sum(plan.reads)).toBeLessThanOrEqual(sum(wanted) + plan.overRead);
        const sorted = [...plan.reads].sort((a, b) => a.offset - b.offset);
        sorted.slice(1).forEach(({ offset }, index) => {
          expect(offset).toBeGreaterThanOrEqual(sorted[index]!.offset + sorted[index]!.size);
        });
      }),
      { numRuns: 1000 },
    );
  });
});
