import fc from "fast-check";
import { expiryLabel, labelExpiry, looksLikeLabel, splitLabelledPath } from "../../src/object/expiry-label.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(`${text}Z`);

describe("expiryLabel", () => {
  it.each([
    ["2026-12-05T13:00:00.001", HOUR, "@2026-12-05T15"],
    ["2026-12-05T13:00:00", HOUR, "@2026-12-05T14"],
    ["2026-12-05T23:30:00", 2 * DAY, "@2026-12-08T00"],
    ["2026-12-05T23:30:00", 2 * DAY + 1, "@2026-12-08"],
    ["2026-12-05T00:00:00", 3 * DAY, "@2026-12-08"],
    ["2024-02-28T12:00:00", 30 * HOUR, "@2024-02-29T18"],
    ["9999-12-31T12:00:00", 3 * DAY, "@9999-12-31"],
  ])("of %s and %d ms is %s", (now, ttl, label) => {
    expect(expiryLabel(at(now), ttl)).toBe(label);
  });

  it("is never over before its time, and by less than its unit after it", () => {
    const times = fc.integer({ min: 0, max: at("2200-01-01T00:00:00") });
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 400 * DAY }), (now, ttl) => {
        const label = expiryLabel(now, ttl);
        const late = labelExpiry(label)! - (now + ttl);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(ttl > 2 * DAY ? DAY : HOUR);
        expect(looksLikeLabel(label)).toBe(true);
      }),
    );
  });
});

describe("labelExpiry", () => {
  it.each(["@2026-02-30", "@2026-13-01", "@2026-12-05T24", "@0000-00-00"])(
    "has none for %s, which is no time",
    (label) => {
      expect(labelExpiry(label)).toBeUndefined();
      expect(looksLikeLabel(label)).toBe(true);
    },
  );

  it.each(["2026-12-05", "@2026-12-05T", "@2026-12-05T1", "@2026-12-05T14:00", "x@2026-12-05", "@26-12-05", ""])(
    "has none for %j, which is no label",
    (segment) => {
      expect(labelExpiry(segment)).toBeUndefined();
      expect(looksLikeLabel(segment)).toBe(false);
    },
  );
});

describe("splitLabelledPath", () => {
  it.each([
    ["outputs/a/b/@2026-12-05T14/x.pack", "outputs/a/b", at("2026-12-05T14:00:00"), "x.pack"],
    ["outputs/a/b/x.pack", "outputs/a/b", undefined, "x.pack"],
    // Only right before the name: anywhere else it is a name of somebody else.
    ["outputs/@2026-12-05/b/x.pack", "outputs/@2026-12-05/b", undefined, "x.pack"],
    ["outputs/a/@2026-02-30/x.pack", "outputs/a/@2026-02-30", undefined, "x.pack"],
    ["@2026-12-05/x", "", at("2026-12-05T00:00:00"), "x"],
    ["x", "", undefined, "x"],
  ])("takes %s apart", (path, directory, expires, name) => {
    expect(splitLabelledPath(path)).toEqual({ directory, expires, name });
  });
});
