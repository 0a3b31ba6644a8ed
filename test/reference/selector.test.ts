import fc from "fast-check";
import { MAX_SELECTOR_LENGTH, parseSelector, select, type SelectorStep } from "../../src/reference/selector.js";
import { isStorageError, StorageError } from "../../src/errors/error.js";
import { codePoint } from "../support/code-point.js";

const pick = (value: unknown, path: string): unknown => select(value, parseSelector(path));

function failure(act: () => unknown): StorageError {
  try {
    act();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseSelector", () => {
  it.each<[string, SelectorStep[]]>([
    ["a", [{ kind: "field", name: "a", position: 0 }]],
    [".a", [{ kind: "field", name: "a", position: 0 }]],
    [
      "a.b",
      [
        { kind: "field", name: "a", position: 0 },
        { kind: "field", name: "b", position: 1 },
      ],
    ],
    ["[0]", [{ kind: "index", index: 0, position: 0 }]],
    [".[7]", [{ kind: "index", index: 7, position: 1 }]],
    ["[ * ]", [{ kind: "each", position: 0 }]],
    [
      "items[*].id",
      [
        { kind: "field", name: "items", position: 0 },
        { kind: "each", position: 5 },
        { kind: "field", name: "id", position: 8 },
      ],
    ],
    [
      "  first name . last [12] ",
      [
        { kind: "field", name: "first name", position: 2 },
        { kind: "field", name: "last", position: 13 },
        { kind: "index", index: 12, position: 20 },
      ],
    ],
  ])("reads %j", (path, steps) => {
    expect(parseSelector(path)).toEqual(steps);
  });

  it.each([
    ['["a.b"]', "a.b"],
    ['[ "a]b" ]', "a]b"],
    ['["say \\"hi\\""]', 'say "hi"'],
    ['["\\u0041\\\\"]', "A\\"],
    ['[""]', ""],
    ['[" a "]', " a "],
  ])("reads the quoted key %s", (path, name) => {
    expect(parseSelector(path)).toEqual([{ kind: "field", name, position: 0 }]);
  });

  it.each(["", "   ", "\t\n"])("selects the whole value by the blank text %j", (path) => {
    expect(parseSelector(path)).toEqual([]);
    expect(pick(null, path)).toBeNull();
  });

  it.each([
    ["[-1]", 0, "an index can't be negative"],
    ["a[-0]", 1, "an index can't be negative"],
    ["[]", 0, "an index is missing"],
    ["a[ ]", 1, "an index is missing"],
    ["[1.5]", 0, "an index must be a whole number, * or a quoted key"],
    ["[+1]", 0, "an index must be a whole number, * or a quoted key"],
    ["[1e3]", 0, "an index must be a whole number, * or a quoted key"],
    ["[x]", 0, "an index must be a whole number, * or a quoted key"],
    ["[1:2]", 0, "an index must be a whole number, * or a quoted key"],
    ["[**]", 0, "an index must be a whole number, * or a quoted key"],
    ["[9007199254740992]", 0, "the index is too large"],
    [`[${"9".repeat(40)}]`, 0, "the index is too large"],
    ["a[0", 1, '"[" is not closed'],
    ["a[", 1, '"[" is not closed'],
    ['["a"', 0, '"[" is not closed'],
    ['["a', 0, '"[" is not closed'],
    ['["a\\', 0, '"[" is not closed'],
    ['["a" b]', 0, '"[" is not closed'],
    ['["\\x"]', 0, "the quoted key is not a JSON string"],
    ['["a\nb"]', 0, "the quoted key is not a JSON string"],
    ["a]", 1, '"]" has no "[" before it'],
    ["]", 0, '"]" has no "[" before it'],
    ["a..b", 2, "a field name is missing"],
    ["a.", 2, "a field name is missing"],
    ["a. .b", 2, "a field name is missing"],
    [".", 1, "a field name is missing"],
    ["[0]x", 3, '"." or "[" is expected'],
    ["[0] [1]", 3, '"." or "[" is expected'],
  ])("refuses %j", (path, position, problem) => {
    const error = failure(() => parseSelector(path));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toBe(`The selector fails at position ${position}: ${problem}. [INVALID_REFERENCE, select]`);
  });

  it("takes the largest safe index, which no array has", () => {
    expect(parseSelector("[9007199254740991]")).toEqual([{ kind: "index", index: 2 ** 53 - 1, position: 0 }]);
    expect(failure(() => pick([], "[9007199254740991]")).message).toContain("out of bounds");
  });

  it("bounds the length", () => {
    expect(parseSelector("a".repeat(MAX_SELECTOR_LENGTH))).toHaveLength(1);
    const error = failure(() => parseSelector("a".repeat(MAX_SELECTOR_LENGTH + 1)));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toBe("The selector is longer than 4096 characters. [INVALID_REFERENCE, select]");
  });

  it.each([undefined, null, 7, {}, ["a"]])("refuses %p, which is not a string", (path) => {
    const error = failure(() => parseSelector(path as string));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toBe("The selector is not a string. [INVALID_REFERENCE, select]");
  });

  it("throws nothing but INVALID_REFERENCE, and quickly, whatever the text", () => {
    const unit = fc.constantFrom(".", "[", "]", "*", '"', "\\", " ", "0", "-", "a", "\u0000", "\ud800", "é");
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 60 }), fc.string({ unit: codePoint })), (path) => {
        try {
          parseSelector(path);
        } catch (error) {
          expect(isStorageError(error, "INVALID_REFERENCE")).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
    for (const unit of ["[", ".", " ", "\\", '["', "[ ", "a ", '["a"]', "[*]"]) {
      const begun = process.cpuUsage();
      try {
        parseSelector(unit.repeat(Math.floor(MAX_SELECTOR_LENGTH / unit.length)));
      } catch (error) {
        expect(isStorageError(error, "INVALID_REFERENCE")).toBe(true);
      }
      expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(1);
    }
  });
});

describe("select", () => {
  const order = {
    id: "o-1",
    items: [{ id: 1, tags: ["x", "y"], price: { amount: 5 } }, { id: 2, tags: [], price: null }, { tags: ["z"] }],
    matrix: [[{ a: 1 }, {}], [], [{ a: 2 }]],
    "a.b": { "c[0]": true },
    none: null,
    zero: 0,
    empty: "",
    no: false,
  };

  it.each<[string, unknown]>([
    ["id", "o-1"],
    [".items[0].id", 1],
    ["items[2].tags[0]", "z"],
    ["items[*].id", [1, 2, null]],
    ["items[*].tags", [["x", "y"], [], ["z"]]],
    ["items[*].tags[0]", ["x", null, "z"]],
    ["items[*].tags[*]", [["x", "y"], [], ["z"]]],
    ["items[*].nothing", [null, null, null]],
    ["items[*].nothing.below[*]", [null, null, null]],
    ["items[0].tags[*]", ["x", "y"]],
    ["matrix[*][*].a", [[1, null], [], [2]]],
    ["matrix[1][*]", []],
    ['["a.b"]["c[0]"]', true],
    ["none", null],
    ["zero", 0],
    ["empty", ""],
    ["no", false],
  ])("takes %s", (path, expected) => {
    expect(pick(order, path)).toEqual(expected);
  });

  it.each([
    ["missing", 0, "the field is missing"],
    ["items[0].missing", 8, "the field is missing"],
    ["items[3]", 5, "the index is out of bounds"],
    ["id.length", 2, "an object is expected, a string was found"],
    ["items.length", 5, "an object is expected, an array was found"],
    ["none.a", 4, "an object is expected, null was found"],
    ["zero[0]", 4, "an array is expected, a number was found"],
    ["no[*]", 2, "an array is expected, a boolean was found"],
    ["none[0]", 4, "an array is expected, null was found"],
    ["[0]", 0, "an array is expected, an object was found"],
    ["[*]", 0, "an array is expected, an object was found"],
    ["items[*].price.amount", 14, "an object is expected, null was found"],
    ["items[*].tags.a", 13, "an object is expected, an array was found"],
    ["items[*].tags[*][0]", 16, "an array is expected, a string was found"],
  ])("refuses %s", (path, position, problem) => {
    const error = failure(() => pick(order, path));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.message).toBe(`The selector fails at position ${position}: ${problem}. [INVALID_REFERENCE, select]`);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", '["__proto__"]', "[*].__proto__"])(
    "never sees the prototype by %s",
    (path) => {
      expect(path.startsWith("[*]") ? pick([{}], path) : failure(() => pick({}, path)).code).toEqual(
        path.startsWith("[*]") ? [null] : "INVALID_REFERENCE",
      );
    },
  );

  it("sees an own key of the name __proto__", () => {
    expect(pick(JSON.parse('{"__proto__":{"a":1}}'), "__proto__.a")).toBe(1);
  });

  it("sees the fields of an object without a prototype", () => {
    expect(pick(Object.assign(Object.create(null) as object, { a: 1 }), "a")).toBe(1);
  });

  it("takes bytes as one value", () => {
    const bytes = Buffer.from("abc");
    expect(pick({ bytes }, "bytes")).toBe(bytes);
    expect(failure(() => pick({ bytes }, "bytes[0]")).message).toContain("an array is expected, binary data was found");
    expect(failure(() => pick({ bytes }, 'bytes["0"]')).message).toContain(
      "an object is expected, binary data was found",
    );
  });

  it("hands out selected parts as they are, in arrays of its own", () => {
    const list = [{ a: {} }, { a: {} }];
    expect(pick(list, "[1]")).toBe(list[1]);
    const parts = pick(list, "[*].a") as unknown[];
    expect(parts[0]).toBe(list[0]!.a);
    expect(pick(list, "[*]")).toEqual(list);
    expect(pick(list, "[*]")).not.toBe(list);
  });

  it("repeats neither keys nor values in a message", () => {
    const secret = "s3cr3t-value";
    for (const path of [secret, "a.b", "a[0]", `["${secret}"]`, `a["${secret}"`, `[${secret}]`]) {
      expect(failure(() => pick({ a: secret }, path)).message).not.toContain(secret);
    }
  });

  it("selects below four thousand steps without a stack overflow", () => {
    const depth = MAX_SELECTOR_LENGTH / 2;
    let value: unknown = "deep";
    for (let i = 0; i < depth; i++) value = { a: value };
    expect(pick(value, ".a".repeat(depth))).toBe("deep");
    const each = Math.floor(MAX_SELECTOR_LENGTH / 3);
    let list: unknown = "deep";
    for (let i = 0; i < each; i++) list = [list];
    expect(pick(list, "[*]".repeat(each))).toEqual(list);
  });
});

describe("select against a naive model", () => {
  type Step = string | number;
  const key = fc.constantFrom("a", "b", "c.d", " e ", "__proto__", "length", '"', "\\");
  const step: fc.Arbitrary<Step> = fc.oneof(key, fc.nat({ max: 2 }), fc.constant("*each*"));
  const json = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(null, true, 0, "text"),
      fc.array(tie("node"), { maxLength: 3 }),
      fc
        .array(fc.tuple(key, tie("node")), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries) as Record<string, unknown>),
    ),
  })).node;

  const render = (steps: Step[]): string =>
    steps
      .map((part) => {
        if (part === "*each*") return "[*]";
        if (typeof part === "number") return `[${part}]`;
        return /^\w+$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
      })
      .join("");

  const MISSING = Symbol("missing");
  function model(value: unknown, steps: Step[], lenient = false): unknown {
    if (steps.length === 0) return value;
    const [head, ...rest] = steps as [Step, ...Step[]];
    if (head === "*each*") {
      if (!Array.isArray(value)) throw new Error("mismatch");
      return value.map((item) => {
        const result = model(item, rest, true);
        return result === MISSING ? null : result;
      });
    }
    if (
      typeof head === "number"
        ? !Array.isArray(value)
        : value === null || typeof value !== "object" || Array.isArray(value)
    ) {
      throw new Error("mismatch");
    }
    const own = new Map(Object.entries(value as object));
    if (own.has(String(head))) return model(own.get(String(head)), rest, lenient);
    if (lenient) return MISSING;
    throw new Error("missing");
  }

  it("agrees", () => {
    let selected = 0;
    fc.assert(
      fc.property(json, fc.array(step, { maxLength: 4 }), (value, steps) => {
        let expected: unknown;
        try {
          expected = model(value, steps);
        } catch {
          expect(failure(() => pick(value, render(steps))).code).toBe("INVALID_REFERENCE");
          return;
        }
        selected++;
        expect(pick(value, render(steps))).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
    expect(selected).toBeGreaterThan(300);
  });
});
