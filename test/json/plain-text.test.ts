import { isPlainText } from "../../src/json/plain-text.js";

describe("isPlainText", () => {
  it("knows of every code unit, wherever it stands, whether JSON writes it as it is and as one byte", () => {
    for (let code = 0; code <= 0xffff; code++) {
      const unit = String.fromCharCode(code);
      const json = JSON.stringify(unit);
      // DEL would be plain too; it is no printable character.
      const expected = json === `"${unit}"` && Buffer.byteLength(json) === 3 && code !== 0x7f;
      for (const text of [unit, `a${unit}`, `${unit}b`, `a${unit}b`]) {
        if (isPlainText(text) !== expected) expect([code, text]).toEqual([code, `plain: ${expected}`]);
      }
    }
    expect([isPlainText(""), isPlainText("a\n"), isPlainText("a\nb")]).toEqual([true, false, false]);
  });

  it("looks at all of a long text", () => {
    const long = "x".repeat(100_000);
    expect(isPlainText(long)).toBe(true);
    for (const text of [`${long}é`, `é${long}`, `${long}"${long}`]) expect(isPlainText(text)).toBe(false);
  });
});
