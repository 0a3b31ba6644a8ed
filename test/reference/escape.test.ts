import fc from "fast-check";
import { escapeKey, unescapeKey } from "../../src/reference/escape.js";

/** Keys of references, of coatcheck and of resolvers, begin so. */
const RESERVED = /^\$(?:storage|bubu)/;

const key = fc.oneof(
  fc.string(),
  fc
    .tuple(
      fc.nat({ max: 4 }),
      fc.constantFrom("", "storage", "storag", "storageRef", "bubu", "bub", "bubuX", "x", "Storage", "storage\n"),
    )
    .map(([dollars, rest]) => "$".repeat(dollars) + rest),
);

describe("A key of user data", () => {
  it.each([
    ["$storage", "$$storage"],
    ["$storageRef", "$$storageRef"],
    ["$storageAnything", "$$storageAnything"],
    ["$$storageRef", "$$$storageRef"],
    ["$bubu", "$$bubu"],
    ["$bubuStorageRef", "$$bubuStorageRef"],
    ["$bubuSecretRef", "$$bubuSecretRef"],
    ["$$$$bubu", "$$$$$bubu"],
  ])("that could be taken for one of a reference, %s, gets one more dollar sign: %s", (own, written) => {
    expect(escapeKey(own)).toBe(written);
    expect(unescapeKey(written)).toBe(own);
  });

  it.each([
    "",
    "$",
    "$$",
    "$storag",
    "$$storag",
    "$bub",
    "$Storage",
    "storageRef",
    "bubu",
    "x$storage",
    " $storage",
    "\n$storage",
    "$ storage",
    "$x$storage",
  ])("that could not, %j, stays as it is", (own) => {
    expect(escapeKey(own)).toBe(own);
    expect(unescapeKey(own)).toBe(own);
  });

  it("comes back as it was, whatever it is, and is never reserved as written", () => {
    fc.assert(
      fc.property(key, (own) => {
        expect(unescapeKey(escapeKey(own))).toBe(own);
        expect(escapeKey(own)).not.toMatch(RESERVED);
      }),
      { numRuns: 500 },
    );
  });

  it("is not written like another one", () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(escapeKey(a) === escapeKey(b)).toBe(a === b);
      }),
      { numRuns: 500 },
    );
  });

  it("of a reference, which has one dollar sign, is left alone on the way back", () => {
    for (const own of ["$storageRef", "$bubuStorageRef", "$bubu"]) expect(unescapeKey(own)).toBe(own);
  });
});
