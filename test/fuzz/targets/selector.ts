import { MAX_SELECTOR_LENGTH, parseSelector, select, type Selector } from "../../../src/reference/selector.js";
import { assert, assertEqual, assertPlain, outcomeOf } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

/** The parts of a value that selecting can give: the value itself and what its own keys and indexes lead to. */
function isPart(part: unknown, value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const at = left.pop();
    if (Object.is(at, part)) return true;
    if (typeof at === "object" && at !== null) for (const inner of Object.values(at)) left.push(inner);
  }
  return false;
}

/** The selector in the one form that every key has. */
function written(selector: Selector): string {
  return selector
    .map((step) => {
      if (step.kind === "each") return "[*]";
      return step.kind === "index" ? `[${step.index}]` : `[${JSON.stringify(step.name)}]`;
    })
    .join("");
}

const withoutPositions = (selector: Selector) => selector.map((step) => ({ ...step, position: 0 }));

/** `[path, value]`: the selector of a reference, and the value that it selects from. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    ["items[*].id", { items: [{ id: 1 }, { id: [] }, {}] }],
    ['.a["b.c"][0]', { a: { "b.c": ["x"] } }],
    ["", 1],
    ["[-1]", [1]],
    ["__proto__.constructor", {}],
    ['["__proto__"][9007199254740993]', { a: 1 }],
    ["[*][*][*]", [[[1, 2], []], [[3]]]],
    [" a . b ]", { a: { b: null } }],
  ],
  run(input) {
    if (!Array.isArray(input)) return;
    const [path, value] = input as [string, unknown];
    const parsed = outcomeOf(["INVALID_REFERENCE"], () => parseSelector(path));
    if (parsed.error !== undefined) return;
    const selector = parsed.value;
    const text = written(selector);
    if (text.length <= MAX_SELECTOR_LENGTH) {
      assertEqual(withoutPositions(parseSelector(text)), withoutPositions(selector), "The selector as it is written");
    }
    const before = JSON.stringify(value);
    const selected = outcomeOf(["INVALID_REFERENCE"], () => select(value, selector));
    assert(JSON.stringify(value) === before, "The value was changed.");
    if (selected.error !== undefined) return;
    assertPlain(selected.value);
    if (selector.some(({ kind }) => kind === "each")) assert(Array.isArray(selected.value), "[*] gave no array.");
    else assert(isPart(selected.value, value), "What was selected is not part of the value.");
  },
});
