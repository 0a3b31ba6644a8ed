import fc from "fast-check";
import {
  assertPath,
  assertPrefix,
  comparePaths,
  MAX_PATH_BYTES,
  pathProblem,
  withoutTrailingSlashes,
} from "../../src/paths/path.js";
import { storageError } from "../store/storage-error.js";
import { codePoint } from "../support/code-point.js";

const anyText = fc.string({ unit: codePoint, maxLength: 12 });

describe("pathProblem", () => {
  it.each(["a", "a/b", "...", "a b", " ", ".a/b.", "%2F", "é", "e\u0301", "😀", "\uffff", "a:b", "scheme:x", "\u2028"])(
    "takes %j",
    (path) => {
      expect(pathProblem(path)).toBeUndefined();
    },
  );

  it.each([
    ["", "empty"],
    ["/a", "empty segment"],
    ["a/", "empty segment"],
    ["a//b", "empty segment"],
    [".", '"."'],
    ["a/..", '".."'],
    ["a\\b", "backslash"],
    ["a\0", "control"],
    ["a\x7f", "control"],
    ["a\x85b", "control"],
    ["a\ud800", "surrogate"],
    [null, "null"],
    [7, "number"],
    [undefined, "undefined"],
  ])("refuses %j", (path, reason) => {
    expect(pathProblem(path)).toContain(reason);
  });

  it("says of any text what the rules say one by one", () => {
    const rules = (path: string): boolean =>
      Buffer.byteLength(path) <= MAX_PATH_BYTES &&
      !/[\0-\x1f\x7f-\x9f\\]/.test(path) &&
      path.isWellFormed() &&
      path.split("/").every((segment) => !["", ".", ".."].includes(segment));
    const unit = fc.constantFrom("a", "-", "_", ".", "~", "/", " ", "\\", "\0", "\n", "\x80", "é", "\ud800", "😀");
    const long = fc.string({ unit: fc.constantFrom("a".repeat(255), "/", "a"), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 12 }), long), (path) => {
        expect(pathProblem(path) === undefined).toBe(rules(path));
      }),
      { numRuns: 2000 },
    );
  });

  it("counts UTF-8 bytes, not characters", () => {
    expect(pathProblem("x".repeat(MAX_PATH_BYTES))).toBeUndefined();
    expect(pathProblem("x".repeat(MAX_PATH_BYTES + 1))).toContain("1024");
    expect(pathProblem("😀".repeat(256))).toBeUndefined();
    expect(pathProblem("😀".repeat(256) + "x")).toContain("1024");
  });
});

describe("assertPath and assertPrefix", () => {
  it("say what is wrong without repeating the path", () => {
    const call = () => assertPath("secret//x", "read", "memory");
    expect(call).toThrow(storageError({ code: "INVALID_PATH", operation: "read", store: "memory" }));
    expect(call).not.toThrow(/secret/);
  });

  it.each(["", "a", "a/", "a/b", ".", "..", "a/.", "a/..", "a."])("take the prefix %j", (prefix) => {
    expect(() => assertPrefix(prefix, "list", "memory")).not.toThrow();
  });

  it.each(["/", "/a", "a//", "./", "../", "a/../", "a\\", "\0", "\ud83d", "x".repeat(1025)])(
    "refuse the prefix %j",
    (prefix) => {
      expect(() => assertPrefix(prefix, "list", "memory")).toThrow(storageError({ code: "INVALID_PATH" }));
    },
  );

  it("take every beginning of a path as a prefix", () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), fc.nat(), (segments, cut) => {
        const path = segments.join("/");
        fc.pre(pathProblem(path) === undefined);
        const prefix = Array.from(path)
          .slice(0, cut % (path.length + 1))
          .join("");
        expect(() => assertPrefix(prefix, "list", "memory")).not.toThrow();
      }),
    );
  });
});

describe("comparePaths", () => {
  it("orders by UTF-8 bytes", () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it("puts astral characters after all others", () => {
    expect(["😀", "\uffff", "\uff5e", "a", "a/b", "a.b", ""].sort(comparePaths)).toEqual([
      "",
      "a",
      "a.b",
      "a/b",
      "\uff5e",
      "\uffff",
      "😀",
    ]);
  });
});

describe("withoutTrailingSlashes", () => {
  it.each([
    ["", ""],
    ["/", ""],
    ["///", ""],
    ["a", "a"],
    ["a/b///", "a/b"],
    ["//a//b", "//a//b"],
  ])("makes %j to %j", (text, result) => {
    expect(withoutTrailingSlashes(text)).toBe(result);
  });
});
