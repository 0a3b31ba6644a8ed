import { setOwn } from "../../../src/json/container.js";
import type { RandomChoice } from "../../support/fault-run/random-choice.js";
import { growBytes, mutateBytes } from "./bytes.js";
import type { Format, Material } from "./format.js";
import { toText } from "./wide-utf8.js";

/** Any JSON value. Most mutations change the value, some its text. */
export const jsonFormat: Format<unknown> = {
  read: (bytes) => parse(bytes)?.value,
  write: (value) => Buffer.from(JSON.stringify(value)),
  mutate(bytes, choice, material) {
    const root = parse(bytes);
    if (root === undefined || choice.chance(0.15)) return mutateBytes(bytes, choice, material);
    for (let left = 1 << choice.of([0, 0, 0, 1, 1, 2, 3]); left > 0; left--) mutateValue(root, choice, material);
    return textOf(root.value);
  },
  // Of a string or an array the content, so that it stays JSON; of others the text.
  grow(bytes, size, choice) {
    const root = parse(bytes);
    const slots = root === undefined ? [] : slotsOf(root);
    const growing = slots.filter(
      ({ value }) => (typeof value === "string" || Array.isArray(value)) && value.length > 0,
    );
    if (growing.length === 0) return growBytes(bytes, size, choice);
    const slot = choice.of(growing);
    const value = slot.value as string | unknown[];
    const times = Math.max(2, Math.ceil(size / Buffer.byteLength(JSON.stringify(value))));
    const whole = typeof value === "string";
    slot.put(whole ? value.repeat(times) : Array.from({ length: times }, () => value).flat());
    return textOf(root!.value);
  },
};

const MOST_SLOTS = 500;
const NUMBERS = [0, -0, 1, -1, 0.5, 255, 256, 1e21, -1e-7, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308];
const KEYS = ["__proto__", "constructor", "prototype", "toJSON", "length", "0", "", "toString", "then"];

interface Slot {
  readonly value: unknown;
  /** Absent for the root. */
  readonly parent?: Record<string, unknown> | unknown[];
  readonly key?: string;
  put(value: unknown): void;
}

function parse(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(toText(bytes)) as unknown };
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** The places of a value that hold something, its own first. */
function slotsOf(root: { value: unknown }): Slot[] {
  const slots: Slot[] = [{ value: root.value, put: (value) => (root.value = value) }];
  for (let at = 0; at < slots.length && slots.length < MOST_SLOTS; at++) {
    const parent = slots[at]!.value as Record<string, unknown> | unknown[];
    if (typeof parent !== "object" || (parent as unknown) === null) continue;
    for (const key of Object.keys(parent)) {
      const record = parent as Record<string, unknown>;
      slots.push({ value: record[key], parent, key, put: (value) => setOwn(record, key, value) });
    }
  }
  return slots;
}

function mutateValue(root: { value: unknown }, choice: RandomChoice, material: Material): void {
  const slots = slotsOf(root);
  const slot = choice.of(slots);
  const { value, parent, key } = slot;
  switch (choice.below(8)) {
    case 0: // another value instead
      slot.put(freshValue(choice, material));
      return;
    case 1: // a value from somewhere else of it
      slot.put(structuredClone(choice.of(slots).value));
      return;
    case 2: {
      // a value of another input
      const other = parse(material.other);
      if (other !== undefined) slot.put(choice.of(slotsOf(other)).value);
      return;
    }
    case 3: // one key or item less
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else if (parent !== undefined) Reflect.deleteProperty(parent, key!);
      return;
    case 4: // another key for it
      if (parent === undefined || Array.isArray(parent)) return;
      Reflect.deleteProperty(parent, key!);
      setOwn(parent, freshKey(key!, choice, material), value);
      return;
    case 5: // one key or item more
      if (Array.isArray(value)) value.splice(choice.below(value.length + 1), 0, freshValue(choice, material));
      else if (typeof value === "object" && value !== null) {
        setOwn(value as Record<string, unknown>, freshKey("", choice, material), freshValue(choice, material));
      } else slot.put(choice.chance(0.5) ? [value] : { [freshKey("", choice, material)]: value });
      return;
    default: // the same, but a little other
      slot.put(changedValue(value, choice, material));
  }
}

function changedValue(value: unknown, choice: RandomChoice, material: Material): unknown {
  if (typeof value === "string") return toText(mutateBytes(Buffer.from(value), choice, material));
  if (typeof value === "number") return value + choice.of([1, -1, 0.5, 256, -256, 2 ** 32]);
  if (Array.isArray(value)) return choice.chance(0.5) ? [...value, ...(value as unknown[])] : value.toReversed();
  return value;
}

function freshKey(key: string, choice: RandomChoice, material: Material): string {
  switch (choice.below(4)) {
    case 0:
      return choice.of(KEYS);
    case 1:
      return `$${key}`;
    case 2:
      return toText(mutateBytes(Buffer.from(key), choice, material));
    default:
      return choice.of(material.words);
  }
}

function freshValue(choice: RandomChoice, material: Material): unknown {
  switch (choice.below(6)) {
    case 0:
      return choice.of(NUMBERS);
    case 1:
      return choice.of([true, false, null, "", [], {}]);
    case 2:
      return choice.below(2000);
    case 3:
      return { [freshKey("", choice, material)]: choice.of(material.words) };
    default:
      return choice.of(material.words);
  }
}
