import fc from "fast-check";
import { namespacedKey } from "../../src/manager/namespaced-key.js";
import { isStorageError } from "../../src/errors/error.js";
import { pathProblem } from "../../src/paths/path.js";
import { codePoint } from "../support/code-point.js";

describe("namespacedKey", () => {
  it.each([
    ["orders", "run-42", "orders/run-42"],
    [" orders ", "\trun-42\n", "orders/run-42"],
    ["orders/", "/run-42", "orders/run-42"],
    ["/orders", "run-42", "orders/run-42"],
    ["a//b", "./c/./d/", "a/b/c/d"],
    ["a", "run/step.3", "a/run/step.3"],
    ["a", "..b", "a/..b"],
    ["", "run", ""],
    ["orders", "", ""],
    ["  ", "run", ""],
    ["orders", " \n", ""],
    ["", "..", ""],
  ])("joins %j and %j", (namespace, id, key) => {
    expect(namespacedKey(namespace, id)).toBe(key);
  });

  it.each<[unknown, unknown, string]>([
    ["..", "run", 'it has a segment "." or ".."'],
    ["orders", "../other/run", 'it has a segment "." or ".."'],
    ["orders", "a/../../other", 'it has a segment "." or ".."'],
    ["orders", "a\\b", "it holds a control character or a backslash"],
    ["orders", "a\u0000b", "it holds a control character or a backslash"],
    ["orders", "\ud800", "it holds a lone surrogate"],
    ["orders", "x".repeat(1_024), "it is longer than 1024 UTF-8 bytes"],
    [".", "run", "one of its parts holds no name"],
    ["/", "run", "one of its parts holds no name"],
    ["orders", "./", "one of its parts holds no name"],
    [undefined, "run", "its parts must be strings"],
    ["orders", 42, "its parts must be strings"],
  ])("refuses %j and %j", (namespace, id, problem) => {
    expect(() => namespacedKey(namespace as string, id as string)).toThrow(
      expect.objectContaining({
        code: "INVALID_PATH",
        message: `This is not a valid key of a namespace: ${problem}. [INVALID_PATH, namespacedKey]`,
      }) as Error,
    );
  });

  it("gives a valid path below the namespace, nothing, or INVALID_PATH, whatever the id", () => {
    const unit = fc.constantFrom("/", ".", "a", " ", "\\", "é");
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: codePoint })), (id) => {
        let key: string;
        try {
          key = namespacedKey("orders", id);
        } catch (error) {
          expect(isStorageError(error, "INVALID_PATH")).toBe(true);
          return;
        }
        if (key === "") expect(id.trim()).toBe("");
        else {
          expect(key.startsWith("orders/")).toBe(true);
          expect(pathProblem(key)).toBeUndefined();
        }
      }),
    );
  });
});
