import { earlyEnds } from "../../../src/maintain/lifecycle/check-lifecycle.js";

const DAY = 86_400_000;
const on = { ID: "a", Status: "Enabled" };

it.each<[what: string, rules: readonly object[], why: string]>([
  [
    "a prefix that stands in the rule itself",
    [{ ...on, Prefix: "outputs/old/", Expiration: { Days: 3 } }],
    "Expiration",
  ],
  [
    "a prefix beside others",
    [{ ...on, Filter: { And: { Prefix: "outputs/" } }, Expiration: { Days: 3 } }],
    "Expiration",
  ],
  ["a prefix that is none", [{ ...on, Filter: { Prefix: 7 }, Expiration: { Days: 3 } }], "Expiration"],
  ["one transition", [{ ...on, Transition: { Days: 3, StorageClass: "GLACIER" } }], "Transition to GLACIER"],
  ["days as a text", [{ ...on, Expiration: { Days: "3" } }], "after 3 days"],
  ["days that are none", [{ ...on, Expiration: { Days: "soon" } }], "after 0 days"],
  [
    "a condition of none",
    [{ action: { type: "Delete" }, condition: {} }],
    "condition of none deletes whatever the age",
  ],
])("sees %s", (_what, rules, why) => {
  expect(earlyEnds(rules, "outputs/", 7 * DAY)).toEqual([
    { rule: expect.any(String) as string, why: expect.stringContaining(why) as string },
  ]);
  const [{ why: forGood } = { why: "" }] = earlyEnds(rules, "outputs/", Infinity);
  expect(forGood).toMatch(/; payloads live until they are released$/);
});

it("passes over rules about other paths", () => {
  expect(earlyEnds([{ ...on, Prefix: "other/", Expiration: { Days: 1 } }], "outputs/", 7 * DAY)).toEqual([]);
});
