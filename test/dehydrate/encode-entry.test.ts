import { constants } from "node:buffer";
import { encodeEntry } from "../../src/dehydrate/encode-entry.js";
import { PlannedEntry, type EntryContent } from "../../src/plan/planned-entry.js";
import { NOTHING_LOOSE } from "../../src/plan/loose-sizes.js";
import { failureOf } from "../plan/failure.js";

const unread: EntryContent = {
  get text(): string {
    throw new Error("it should not be looked at");
  },
};

function entryOf(content: EntryContent, leastStoredSize: number): PlannedEntry {
  const kind = "text" in content ? "raw" : "json";
  const path = ["items", 3];
  return new PlannedEntry({
    path,
    kind,
    contentType: "a/b",
    content,
    leastSize: leastStoredSize,
    leastStoredSize,
    loose: NOTHING_LOOSE,
    holdsBinary: false,
  });
}

function encoded(content: EntryContent, leastStoredSize: number, canonical = false) {
  const steps = encodeEntry(entryOf(content, leastStoredSize), {}, { canonical, pack: false });
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value instanceof Uint8Array ? value : value.toBuffer();
  }
}

describe("encodeEntry", () => {
  it("gives the same bytes at once and in steps, whatever size was planned", () => {
    const value = Array.from({ length: 3000 }, (_, i) => ({ b: i / 7, a: `é ${i}` }));
    const expected = JSON.stringify({ contentType: "json", data: value });
    for (const size of [10, 65_535, 65_536, expected.length, 500_000]) {
      expect(encoded({ value }, size).toString() === expected).toBe(true);
    }
    const sorted = JSON.stringify({ contentType: "json", data: value.map(({ a, b }) => ({ a, b })) });
    for (const size of [10, 65_536]) expect(encoded({ value }, size, true).toString() === sorted).toBe(true);
  });

  it.each([
    ["no escapes", "plain text "],
    ["escapes", 'say "hi"\n'],
    ["characters of two units", "ab\u{1f600}"],
    ["halves of characters", "a\ud83d\ude00\udc00\ud800"],
  ])("writes a long text by parts as in one go: %s", (_, unit) => {
    for (const before of ["", "x", "xy"]) {
      const text = before + unit.repeat(Math.ceil(1_100_000 / unit.length));
      const expected = JSON.stringify({ contentType: "raw", data: text });
      for (const size of [10, Buffer.byteLength(JSON.stringify(text))]) {
        expect(encoded({ text }, size).toString() === expected).toBe(true);
      }
    }
  });

  it("refuses, before it looks at it, what would be longer than a string with what stands about it", () => {
    for (const size of [
      constants.MAX_STRING_LENGTH + 1,
      constants.MAX_STRING_LENGTH,
      constants.MAX_STRING_LENGTH - 20,
    ]) {
      const error = failureOf(() => encoded(unread, size));
      expect([error.code, error.operation]).toEqual(["LIMIT_EXCEEDED", "dehydrate"]);
      expect(error.message).toContain("Hand it in as bytes or as a stream.");
    }
  });

  it("says where a value is that can't be written any more, and nothing of it", () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [{ s3cr3t: 1n }, cycle]) {
      for (const size of [10, 100_000]) {
        const error = failureOf(() => encoded({ value }, size));
        expect([error.code, error.operation]).toEqual(["UNSERIALIZABLE", "dehydrate"]);
        expect(error.message).toBe(
          "The value at $.items[3] can't be stored as JSON any more; see the cause. [UNSERIALIZABLE, dehydrate]",
        );
        expect(error.cause).toBeInstanceOf(TypeError);
      }
    }
  });
});
