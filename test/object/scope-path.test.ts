import fc from "fast-check";
import { scopePath } from "../../src/object/scope-path.js";
import { isReservedScope } from "../../src/object/reserved-names.js";
import { pathProblem } from "../../src/paths/path.js";
import { storageError } from "../store/storage-error.js";

describe("scopePath", () => {
  it.each([
    [["orders", "42"], "orders/42"],
    [["a b", "c/d", "ü%"], "a%20b/c%2Fd/%C3%BC%25"],
    [["", "_", "."], "_/%5F/%2E"],
    [["..", ".done", "@2026-12-05", "~x"], "%2E./%2Edone/%402026-12-05/%7Ex"],
    [["\ud800"], "%ud800"],
    [["x".repeat(128)], "x".repeat(128)],
    [["ü ".repeat(60)], "~2d2ab6abf3b533c8c451a74736e4f39070571139b8c70b3973b7e651dcdd6ddb"],
    [["x".repeat(129)], "~0ec9eb33e74510bcdd1f2ea55206e82f21649c5c2becbf2b433eb475b34c01bd"],
  ])("of %j is %s", (parts, scope) => {
    expect(scopePath(...parts)).toBe(scope);
  });

  it("is a valid scope of its own for any strings", () => {
    const parts = fc.array(fc.string({ unit: "binary", maxLength: 150 }), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const scope = scopePath(...a);
        if (scope.length <= 1024) expect(pathProblem(scope)).toBeUndefined();
        expect(isReservedScope(scope)).toBe(false);
        expect(scope === scopePath(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it.each([[[]], [[1]], [["a", undefined]]])("refuses %j", (parts) => {
    expect(() => scopePath(...(parts as string[]))).toThrow(storageError({ code: "CONFIG_INVALID" }));
  });
});
