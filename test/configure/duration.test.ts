import fc from "fast-check";
import { parseDuration } from "../../src/configure/environment-reader.js";

describe("parseDuration", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["300s", 300_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["30m1h", 5_400_000],
    ["500ms", 500],
    ["1.5s", 1_500],
    ["1.s", 1_000],
    [".5s", 500],
    ["1m1m", 120_000],
    ["2h45m30.5s", 9_930_500],
    ["1500us", 2],
    ["1500µs", 2],
    ["1500μs", 2],
    ["1ns", 1],
    ["1000000ns", 1],
    ["0.1s", 100],
    ["0.7s0.1s", 800],
    ["4.35s", 4_350],
    ["1.001s", 1_001],
    ["0.0000001ns", 0],
  ])("reads %s", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    "",
    " ",
    "10",
    "s",
    ".s",
    ".",
    "-5s",
    "+5s",
    "5 s",
    " 5s",
    "5s ",
    "5parsecs",
    "5 parsecs",
    "5S",
    "5M",
    "5d",
    "5w",
    "5sec",
    "1h 30m",
    "1h30",
    "1,5s",
    "1.5.5s",
    "1e3s",
    "0x10s",
    "Infinitys",
    "NaN",
    "00",
    "5s\n",
    "5ms5",
    "constructor",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("gives a number or undefined for any text, in linear time", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("0", "1", ".", "s", "m", "h", "u", "µ", "-", " ") }), (text) => {
        const result = parseDuration(text);
        if (result !== undefined) expect(result).toBeGreaterThanOrEqual(0);
      }),
    );
    const begun = process.cpuUsage();
    for (const text of [
      "1".repeat(100_000),
      "1s".repeat(50_000) + "1",
      "s".repeat(100_000),
      "1" + "m".repeat(100_000),
    ]) {
      expect(parseDuration(text)).toBeUndefined();
    }
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(1);
  });

  it("adds up what it is given", () => {
    const part = fc.record({ hours: fc.nat(99), minutes: fc.nat(999), seconds: fc.nat(9_999), ms: fc.nat(99_999) });
    fc.assert(
      fc.property(part, ({ hours, minutes, seconds, ms }) => {
        const text = `${hours}h${minutes}m${seconds}s${ms}ms`;
        expect(parseDuration(text)).toBe(((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms);
      }),
    );
  });
});
