import { isPlainText } from "./plain-text.js";
import { serialize } from "./serialize.js";

// Bytes of JSON that one step should make: so few that the strings live and die young, so many that steps cost nothing.
const STEP = 32_768;
// Objects with more keys than these are written child by child, without looking into the children.
const NARROW = 16;
// Deeper than this, a value is written in one step.
const MAX_DEPTH = 16;
// UTF-8 has three bytes at most for a UTF-16 unit.
const MAX_UNIT_SIZE = 3;

/**
 * Writes JSON straight into bytes, step by step: `JSON.stringify` makes the small parts, never the whole, of which
 * there would be one copy more, and which would keep the event loop waiting.
 */
export class JsonWriter {
  private buffer: Buffer;
  private length = 0;

  /** @param expectedSize bytes that are expected */
  constructor(expectedSize: number) {
    this.buffer = Buffer.allocUnsafeSlow(expectedSize);
  }

  /** All that was written; nothing must be written any more. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Writes a value that holds nothing but JSON, in steps. */
  *write(value: unknown, depth = 0): Generator<undefined, void, undefined> {
    if (typeof value === "string") this.writeText(value);
    else if (depth === MAX_DEPTH || typeof value !== "object" || value === null) this.put(serialize(value, false));
    else if (Array.isArray(value)) yield* this.writeArray(value, depth);
    else yield* this.writeObject(value as Record<string, unknown>, depth);
  }

  /** Adds text as it is. */
  put(text: string): void {
    if (this.length + text.length * MAX_UNIT_SIZE > this.buffer.byteLength) this.makeRoom(Buffer.byteLength(text));
    this.length += this.buffer.write(text, this.length);
  }

  private writeText(text: string): void {
    if (!isPlainText(text)) {
      this.put(JSON.stringify(text));
      return;
    }
    this.put('"');
    this.put(text);
    this.put('"');
  }

  private *writeArray(items: readonly unknown[], depth: number): Generator<undefined, void, undefined> {
    this.put("[");
    let end = 0;
    for (let start = 0, count = 1; start < items.length; start = end) {
      if (start > 0) this.put(",");
      const before = this.length;
      end = Math.min(start + count, items.length);
      if (count === 1) yield* this.write(items[start], depth + 1);
      else this.put(serialize(items.slice(start, end), false).slice(1, -1));
      yield undefined;
      count = nextCount(count, (this.length - before) / (end - start));
    }
    this.put("]");
  }

  private *writeObject(
    object: Readonly<Record<string, unknown>>,
    depth: number,
  ): Generator<undefined, void, undefined> {
    const keys = Object.keys(object);
    const isNarrow = keys.length <= NARROW;
    let text = "{";
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      const child = object[key];
      text += `${index === 0 ? "" : ","}${textJson(key)}:`;
      if (isNarrow || (typeof child === "string" && child.length >= STEP)) {
        this.put(text);
        text = "";
        yield* this.write(child, depth + 1);
        continue;
      }
      text += typeof child === "string" ? textJson(child) : serialize(child, false);
      if (text.length < STEP) continue;
      this.put(text);
      text = "";
      yield undefined;
    }
    this.put(`${text}}`);
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

function textJson(text: string): string {
  return isPlainText(text) ? `"${text}"` : JSON.stringify(text);
}
