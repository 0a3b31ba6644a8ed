import { lastUsed } from "../../src/store/last-used.js";

it("keeps as many as it is told to, and forgets what was used longest ago", () => {
  const map = lastUsed<number>(2);
  map.set("a", 1).set("b", 2);
  expect(map.get("a")).toBe(1);
  map.set("c", 3);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([1, undefined, 3]);
  expect(map.size).toBe(2);
});

it("takes no memory before there is something to keep", () => {
  expect(lastUsed(Number.MAX_SAFE_INTEGER).size).toBe(0);
});
