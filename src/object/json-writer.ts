import { constants } from "node:buffer";
import { arrayItems } from "./array-items.js";
import { isPlainText } from "./plain-text.js";
import { serialize, tooLong } from "./serialize.js";
import { isSmallJson } from "./small-json.js";
import { sortedKeys } from "./sorted-keys.js";

// Characters of JSON that one step should make: so few that the strings live and die young, so many that steps cost
// nothing.
const STEP = 32_768;
// Deeper than this, a value is written in one step.
const MAX_DEPTH = 16;
// What has more keys is taken for a map, whose values are alike: looking into each costs as much again as writing it.
const MAX_FIELDS = 64;
// UTF-8 has three bytes at most for a UTF-16 unit.
const MAX_UNIT_SIZE = 3;

/**
 * Writes JSON straight into bytes, step by step: `JSON.stringify`, or its canonical form, makes the small parts, never the whole, of which
 * there would be one copy more, and which would keep the event loop waiting.
 *
 * It is valid JSON also when the value changes between two steps.
 */
export class JsonWriter {
  private buffer: Buffer;
  private length = 0;
  private units = 0; // of UTF-16, in all
  private text = ""; // still to be put

  /**
   * @param expectedSize bytes that are expected
   * @param maxUnits characters of UTF-16 over which nobody could read the JSON as a string
   * @param canonical write as `fast-json-stable-stringify` does, keys sorted, and not as `JSON.stringify` does
   */
  constructor(
    expectedSize: number,
    private readonly maxUnits = constants.MAX_STRING_LENGTH,
    private readonly canonical = false,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(expectedSize);
  }

  /** All that was written; nothing must be written any more. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /**
   * Writes a value that holds nothing but JSON, in steps.
   *
   * @throws {StorageError} `LIMIT_EXCEEDED` when the JSON is longer than a string can be
   */
  *write(value: unknown): Generator<undefined, void, undefined> {
    yield* this.part(value, 0);
    this.flush();
  }

  /** Adds text as it is. */
  put(text: string): void {
    this.units += text.length;
    if (this.units > this.maxUnits) throw tooLong();
    if (this.length + text.length * MAX_UNIT_SIZE > this.buffer.byteLength) this.makeRoom(Buffer.byteLength(text));
    this.length += this.buffer.write(text, this.length);
  }

  private *part(value: unknown, depth: number): Generator<undefined, void, undefined> {
    if (typeof value === "string" && value.length >= STEP) this.putText(value);
    else if (typeof value !== "object" || value === null || depth === MAX_DEPTH)
      this.text += this.jsonOf(value) ?? "null";
    else if (depth > 0 && isSmallJson(value)) this.text += this.jsonOf(value) ?? "null";
    else if (Array.isArray(value)) yield* this.array(value, depth);
    else yield* this.object(value as Record<string, unknown>, depth);
    if (this.text.length < STEP) return;
    this.flush();
    yield undefined;
  }

  private putText(text: string): void {
    this.flush();
    if (!isPlainText(text)) {
      this.put(serialize(text, false));
      return;
    }
    this.put('"');
    this.put(text);
    this.put('"');
  }

  private *array(items: readonly unknown[], depth: number): Generator<undefined, void, undefined> {
    this.text += "[";
    let end = 0;
    for (let start = 0, count = 1; start < items.length; start = end) {
      if (start > 0) this.text += ",";
      end = Math.min(start + count, items.length);
      if (count === 1) {
        const before = this.units + this.text.length;
        yield* this.part(items[start], depth + 1);
        count = nextCount(1, this.units + this.text.length - before);
        continue;
      }
      const group = this.jsonOf(arrayItems(items, start, end))!.slice(1, -1);
      count = nextCount(count, group.length / (end - start));
      if (this.text.length + group.length < STEP) {
        this.text += group;
        continue;
      }
      this.flush(); // joined, the group would be copied once more
      this.put(group);
      yield undefined;
    }
    this.text += "]";
  }

  private *object(object: Readonly<Record<string, unknown>>, depth: number): Generator<undefined, void, undefined> {
    const keys = this.canonical ? yield* sortedKeys(object) : Object.keys(object);
    let opening = "{";
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      const child = object[key];
      if (isLarge(child, index < MAX_FIELDS)) {
        this.text += `${opening}${textJson(key)}:`;
        yield* this.part(child, depth + 1);
      } else {
        const json = typeof child === "string" ? textJson(child) : this.jsonOf(child);
        if (json === undefined) continue; // it was something else when it was planned
        this.text += `${opening}${textJson(key)}:${json}`;
        if (this.text.length >= STEP) {
          this.flush();
          yield undefined;
        }
      }
      opening = ",";
    }
    this.text += opening === "{" ? "{}" : "}";
  }

  /** JSON of any value; `undefined` for what JSON leaves out. */
  private jsonOf(value: unknown): string | undefined {
    return serialize(value, this.canonical);
  }

  private flush(): void {
    if (this.text === "") return;
    this.put(this.text);
    this.text = "";
  }

  private makeRoom(size: number): void {
    const needed = this.length + size;
    // `write` looks no further than the end of the buffer, and a text that just fits has no room to spare.
    if (needed <= this.buffer.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(Math.ceil(Math.max(needed, this.buffer.byteLength * 1.5)));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** How many items to take next: as many as fill a step by the average so far, and not many more at once than before. */
function nextCount(count: number, average: number): number {
  const fitting = Math.floor(STEP / Math.max(average, 1));
  return Math.max(1, Math.min(fitting, count * 4));
}

/**
 * Whether a value is written in parts, or as it is if it is a text.
 *
 * @param exactly look into objects too
 */
function isLarge(value: unknown, exactly: boolean): boolean {
  if (typeof value === "string") return value.length >= STEP;
  if (typeof value !== "object" || value === null) return false;
  return exactly || Array.isArray(value) ? !isSmallJson(value) : false;
}

function textJson(text: string): string {
  return isPlainText(text) ? `"${text}"` : serialize(text, false);
}
