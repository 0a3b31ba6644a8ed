import fc from "fast-check";
import { isRangeOf, parseContentRange } from "../../../src/store/drivers/byte-range.js";

const size = fc.integer({ min: 1, max: 1_000_000 });

it("is the range of what was asked for, and of nothing else", () => {
  fc.assert(
    fc.property(size, fc.nat(1_000_000), fc.option(size, { nil: undefined }), (total, at, length) => {
      const offset = at % total;
      const last = Math.min(offset + (length ?? Infinity), total) - 1;
      const range = parseContentRange(`bytes ${offset}-${last}/${total}`)!;
      expect(range).toEqual({ first: offset, last, total });
      expect(isRangeOf(range, offset, length)).toBe(true);
      expect(isRangeOf({ ...range, first: offset + 1 }, offset, length)).toBe(false);
      expect(isRangeOf({ ...range, last: last - 1 }, offset, length)).toBe(false);
    }),
  );
});

it.each([
  undefined,
  "",
  "bytes 0-0",
  "bytes 0-0/*",
  "bytes */5",
  "bytes 3-2/9",
  "bytes 0-9/9",
  "items 0-0/1",
  "bytes -1-0/1",
])("makes nothing of %s", (text) => {
  expect(parseContentRange(text)).toBeUndefined();
});
