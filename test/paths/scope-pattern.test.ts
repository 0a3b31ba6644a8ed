import { fitsScopePattern, isScopePattern } from "../../src/paths/scope-pattern.js";

describe("a pattern of scopes", () => {
  it.each([
    ["orders/*", ["orders/7", "orders/a b"], ["orders", "orders/7/x", "order/7", "xorders/7"]],
    ["orders/**", ["orders", "orders/7", "orders/7/x"], ["ordersx", "a/orders/7"]],
    ["**", ["a", "a/b/c"], []],
    ["*", ["a"], ["a/b"]],
    ["**/tmp", ["tmp", "a/tmp", "a/b/tmp"], ["a/tmp/b", "atmp"]],
    ["a/**/z", ["a/z", "a/b/z", "a/b/z/z"], ["a", "a/b", "az"]],
    ["**/a/**/b", ["a/b", "x/a/y/b", "a/a/b/b"], ["b/a"]],
    ["run-*-x", ["run--x", "run-1-x-x"], ["run-x", "run-1-y"]],
    ["a.c", ["a.c"], ["abc"]],
    ["😀*", ["😀", "😀x"], ["x😀"]],
  ])("%s", (pattern, those, others) => {
    expect(those.filter((scope) => !fitsScopePattern(pattern, scope))).toEqual([]);
    expect(others.filter((scope) => fitsScopePattern(pattern, scope))).toEqual([]);
  });

  it("takes no long time for wildcards that nearly fit", () => {
    const steps = "a/".repeat(500) + "b";
    expect(fitsScopePattern(`${"**/a/".repeat(100)}c`, steps)).toBe(false);
    expect(fitsScopePattern(`${"*a".repeat(200)}c`, "a".repeat(1000))).toBe(false);
  });

  it.each(["", "a//b", "a**", "**b/c", "a/***"])("is not %j", (pattern) => {
    expect(isScopePattern(pattern)).toBe(false);
  });
});
