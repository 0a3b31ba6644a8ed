import { StorageError } from "../errors/error.js";

/** The longest `$storagePath` that is parsed, in UTF-16 code units. */
export const MAX_SELECTOR_LENGTH = 4096;

const SELECTING = { operation: "select" };

/** One step of a {@link Selector}. `position` is where it begins in the text, counted from 0. */
export type SelectorStep =
  | { readonly kind: "field"; readonly name: string; readonly position: number }
  | { readonly kind: "index"; readonly index: number; readonly position: number }
  | { readonly kind: "each"; readonly position: number };

/** A parsed `$storagePath`. Without steps it selects the whole value. */
export type Selector = readonly SelectorStep[];

/**
 * Parses a `$storagePath`. Its steps are `.field` (the dot may be left out at the start), `[0]`, `[*]`, and
 * `["any key"]`. The last is a JSON string, for keys that hold dots, brackets or outer spaces. A blank text selects the
 * whole value. Spaces around the text, a field or the content of brackets are ignored.
 *
 * @throws {StorageError} `INVALID_REFERENCE` with what is wrong and at which position. Its message repeats no key.
 *
 * @example
 * select({ items: [{ id: 1 }, { id: 2 }] }, parseSelector("items[*].id")); // [1, 2]
 */
export function parseSelector(path: string): Selector {
  if (typeof path !== "string") throw new StorageError("INVALID_REFERENCE", "The selector is not a string.", SELECTING);
  if (path.length > MAX_SELECTOR_LENGTH) {
    throw new StorageError(
      "INVALID_REFERENCE",
      `The selector is longer than ${MAX_SELECTOR_LENGTH} characters.`,
      SELECTING,
    );
  }
  const text = path.trimEnd();
  const steps: SelectorStep[] = [];
  const start = text.length - text.trimStart().length;
  for (let position = start; position < text.length;) {
    // A dot before a bracket, as jq writes it, changes nothing.
    const bracket = text.startsWith(".[", position) ? position + 1 : position;
    const { step, end } =
      text[bracket] === "[" ? readBrackets(text, bracket) : readField(text, position, position === start);
    steps.push(step);
    position = end;
  }
  return steps;
}

/**
 * Returns the part of `value` that the selector names. A missing field or index under `[*]` gives null, and elsewhere
 * it is an error. A value of another kind than the step needs is always an error. Only own properties are seen. `[*]`
 * builds a new array. Its items, and every other selected part, are not copied.
 *
 * @throws {StorageError} `INVALID_REFERENCE` with what is wrong and at which position of the selector
 */
export function select(value: unknown, selector: Selector): unknown {
  return selectFrom(value, selector, 0, false);
}

interface ParsedStep {
  step: SelectorStep;
  /** Position after the step. */
  end: number;
}

function readField(text: string, position: number, isFirst: boolean): ParsedStep {
  const hasDot = text[position] === ".";
  if (!hasDot && !isFirst) throw invalid('"." or "[" is expected', position);
  const begin = hasDot ? position + 1 : position;
  let end = begin;
  while (end < text.length && text[end] !== "." && text[end] !== "[") {
    if (text[end] === "]") throw invalid('"]" has no "[" before it', end);
    end++;
  }
  const name = text.slice(begin, end).trim();
  if (name === "") throw invalid("a field name is missing", begin);
  return { step: { kind: "field", name, position }, end };
}

function readBrackets(text: string, position: number): ParsedStep {
  const begin = skipSpaces(text, position + 1);
  const quoted = text[begin] === '"';
  const contentEnd = quoted ? endOfString(text, begin) : text.indexOf("]", begin);
  const close = quoted ? skipSpaces(text, contentEnd) : contentEnd;
  if (text[close] !== "]") throw invalid('"[" is not closed', position);
  const content = text.slice(begin, contentEnd).trim();
  return { step: quoted ? keyStep(content, position) : indexStep(content, position), end: close + 1 };
}

function keyStep(literal: string, position: number): SelectorStep {
  try {
    return { kind: "field", name: JSON.parse(literal) as string, position };
  } catch {
    throw invalid("the quoted key is not a JSON string", position);
  }
}

function indexStep(content: string, position: number): SelectorStep {
  if (content === "*") return { kind: "each", position };
  if (content === "") throw invalid("an index is missing", position);
  if (/^-\d+$/.test(content)) throw invalid("an index can't be negative", position);
  if (!/^\d+$/.test(content)) throw invalid("an index must be a whole number, * or a quoted key", position);
  const index = Number(content);
  if (!Number.isSafeInteger(index)) throw invalid("the index is too large", position);
  return { kind: "index", index, position };
}

function skipSpaces(text: string, position: number): number {
  let at = position;
  while (at < text.length && text[at]!.trim() === "") at++;
  return at;
}

/** Returns the position after the string literal at `position`. Returns the end of the text when it is not closed. */
function endOfString(text: string, position: number): number {
  for (let at = position + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/**
 * Does the same from a given step on.
 *
 * @param underEach whether a `[*]` came before, so that a missing part is null
 */
export function selectFrom(value: unknown, selector: Selector, from: number, underEach: boolean): unknown {
  let selected = value;
  for (let at = from; at < selector.length; at++) {
    const step = selector[at]!;
    if (step.kind === "each") {
      const list = arrayAt(selected, step.position);
      return list.map((item) => selectFrom(item, selector, at + 1, true));
    }
    const found = step.kind === "field" ? readOwnField(selected, step) : arrayAt(selected, step.position)[step.index];
    if (found === undefined) {
      if (underEach) return null;
      throw missing(step);
    }
    selected = found;
  }
  return selected;
}

function readOwnField(value: unknown, step: { name: string; position: number }): unknown {
  const object = objectAt(value, step.position);
  return Object.hasOwn(object, step.name) ? object[step.name] : undefined;
}

/** Checks that fields can be selected from a value. @throws {StorageError} `INVALID_REFERENCE` if it has no fields */
export function objectAt(value: unknown, position: number): Readonly<Record<string, unknown>> {
  // Bytes are one value, although their indexes are own properties.
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(`an object is expected, ${kindOf(value)} was found`, position);
}

/** Checks that items can be selected from a value. @throws {StorageError} `INVALID_REFERENCE` if it is no array */
export function arrayAt(value: unknown, position: number): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`an array is expected, ${kindOf(value)} was found`, position);
}

/** Makes the error of a step that selects nothing. */
export function missing({ kind, position }: SelectorStep): StorageError {
  return invalid(kind === "field" ? "the field is missing" : "the index is out of bounds", position);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (ArrayBuffer.isView(value)) return "binary data";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function invalid(problem: string, position: number): StorageError {
  return new StorageError("INVALID_REFERENCE", `The selector fails at position ${position}: ${problem}.`, SELECTING);
}
