import { formatPayloadPath } from "../../src/plan/payload-path.js";

describe("formatPayloadPath", () => {
  it.each<[(string | number)[], string]>([
    [[], "$"],
    [["items", 3, "a.b"], '$.items[3]["a.b"]'],
    [["a", "$b", "_c", "D9"], "$.a.$b._c.D9"],
    [["9a"], '$["9a"]'],
    [["0"], '$["0"]'],
    [[0, 10], "$[0][10]"],
    [[""], '$[""]'],
    [['say "hi"', "new\nline", "\ud800"], '$["say \\"hi\\""]["new\\nline"]["\\ud800"]'],
    [["é", "a-b", "a b"], '$["é"]["a-b"]["a b"]'],
  ])("writes %j as %s", (path, text) => {
    expect(formatPayloadPath(path)).toBe(text);
  });

  it("leaves out the middle of what is longer than 512 characters", () => {
    const fits = "a".repeat(510);
    expect(formatPayloadPath([fits])).toBe(`$.${fits}`);
    const long = formatPayloadPath(["b".repeat(300), "c".repeat(300)]);
    expect(long).toBe(`$.${"b".repeat(248)}...${"c".repeat(250)}`);
    expect(formatPayloadPath([`${fits}x`])).toBe(`$.${"a".repeat(248)}...${"a".repeat(249)}x`);
  });
});
