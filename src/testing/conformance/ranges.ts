import assert from "node:assert/strict";
import type { CapabilityFlag } from "../../store/capability.js";
import type { ReadOptions } from "../../store/store.js";
import { BASIC, testCase, type CaseGroup } from "./case.js";
import { patternBytes } from "./context.js";
import { assertRejects } from "./rejection.js";

const SIZE = 10_000;
const BYTES = patternBytes(SIZE);
const NEEDS = [...BASIC, "rangeRead"] as const satisfies readonly CapabilityFlag[];

const RANGES: readonly ReadOptions[] = [
  { offset: 0 },
  { offset: 1 },
  { offset: SIZE - 1 },
  { length: 1 },
  { length: SIZE },
  { offset: 0, length: SIZE },
  { offset: 17, length: 1 },
  { offset: 4000, length: 4097 },
];
const CLAMPED: readonly ReadOptions[] = [
  { length: SIZE + 1 },
  { offset: SIZE - 10, length: 11 },
  { offset: 5, length: Number.MAX_SAFE_INTEGER },
];
const EMPTY: readonly ReadOptions[] = [
  { length: 0 },
  { offset: 5, length: 0 },
  { offset: SIZE },
  { offset: SIZE, length: 1 },
  { offset: SIZE + 1 },
  { offset: SIZE + 1, length: 0 },
  { offset: Number.MAX_SAFE_INTEGER, length: 5 },
];

export const ranges: CaseGroup = {
  name: "ranges",
  cases: [
    rangeCase("reads the range asked for", RANGES),
    rangeCase("ends a range where the object ends", CLAMPED),
    rangeCase("reads nothing from an empty range, or from beyond the end", EMPTY),
    testCase("reads nothing from a range of an empty object", NEEDS, async (context) => {
      const path = await context.put("empty", "");
      for (const range of [{ offset: 0 }, { length: 0 }, { length: 1 }, { offset: 0, length: 5 }, { offset: 3 }]) {
        await context.assertContent(path, "", range);
      }
    }),
    testCase("describes the whole object, whatever range is read", NEEDS, async (context) => {
      const path = await context.put("object", BYTES);
      const whole = await context.store.stat(path);
      for (const range of [{ offset: 10, length: 20 }, { offset: SIZE + 5 }, { length: 0 }]) {
        const result = await context.store.read(path, range);
        await result.cancel();
        assert.equal(result.info.path, path);
        assert.equal(result.info.size, SIZE, "info.size must be that of the whole object");
        if (result.info.etag !== undefined) assert.equal(result.info.etag, whole?.etag);
      }
    }),
    testCase("has no range of a missing object", NEEDS, async (context) => {
      const path = context.path("missing");
      for (const range of [{ offset: 5 }, { length: 0 }]) {
        await assertRejects(() => context.store.read(path, range), "NOT_FOUND", { operation: "read", path });
      }
    }),
  ],
};

function rangeCase(name: string, wanted: readonly ReadOptions[]) {
  return testCase(name, NEEDS, async (context) => {
    const path = await context.put("object", BYTES);
    for (const range of wanted) {
      const { offset = 0, length = SIZE } = range;
      await context.assertContent(path, BYTES.slice(offset, offset + length), range);
    }
  });
}
