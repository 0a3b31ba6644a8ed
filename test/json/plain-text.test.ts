import { isPlainText } from "../../src/json/plain-text.js";

/** What JSON says of it. */
function isPlain(text: string): boolean {
  const json = JSON.stringify(text);
  return json === `"${text}"` && Buffer.byteLength(json) === text.length + 2;
}

describe("isPlainText", () => {
  it("knows of every code unit, wherever it stands, whether JSON writes it as it is and as one byte", () => {
    for (let code = 0; code <= 0xffff; code++) {
      const unit = String.fromCharCode(code);
      const expected = isPlain(unit);
      for (const text of [unit, `a${unit}`, `${unit}b`, `a${unit}b`]) {
        if (isPlainText(text) !== expected) expect([code, text]).toEqual([code, `plain: ${expected}`]);
      }
    }
    expect([isPlainText(""), isPlainText("a\n"), isPlainText("a\nb")]).toEqual([true, false, false]);
  });

  it("knows the same of every code unit in a long text", () => {
    const before = "x".repeat(600);
    for (let code = 0; code <= 0xffff; code++) {
      const unit = String.fromCharCode(code);
      if (isPlainText(before + unit) !== isPlain(unit)) expect(code).toBe(`plain: ${isPlain(unit)}`);
    }
  });

  it.each([511, 512, 513, 65_535, 65_536, 65_537, 131_072, 200_001])("finds one character among %i", (length) => {
    const text = "x".repeat(length);
    expect(isPlainText(text)).toBe(true);
    const places = [0, 1, 2, 3, 4, 5, 15, 16, length >> 1, length - 17, length - 2, length - 1];
    for (const unit of ['"', "\\", "\0", "\x1f", "\x80", "é", "€", "\ud800", "\udc00"]) {
      for (const place of places) {
        const changed = text.slice(0, place) + unit + text.slice(place + 1);
        if (isPlainText(changed)) expect([place, unit]).toBe("not plain");
      }
    }
    expect(isPlainText(text)).toBe(true); // nothing is left of the others
  });

  it("is not misled by a text whose bytes do not fit", () => {
    for (const unit of ["é", "€", "𝄞", "\ud800"]) {
      for (const length of [512, 65_536, 65_537]) expect(isPlainText(unit.repeat(length))).toBe(false);
    }
  });
});
