import { constants } from "node:buffer";
import stableStringify from "fast-json-stable-stringify";
import { MAX_NESTING, type Container } from "./container.js";
import { arrayItems } from "./array-items.js";
import { isPlainText } from "./plain-text.js";
import { serialize, tooLong, sortedKeys } from "./serialize.js";
import { isSmallJson } from "./small-json.js";

// Characters of JSON that one step should make: so few that the strings live and die young, so many that steps cost
// nothing.
const STEP = 32_768;
// Characters of a long text that one step looks at and writes.
const TEXT_STEP = 65_536;
// Bytes that one step copies.
const COPY_STEP = 4 * 1024 * 1024;
// Bytes of a buffer that is taken when the first is full.
const MIN_GROWTH = 65_536;
// Keys of an object from which on listing them is a step of its own.
const MANY_KEYS = 16_384;
// Looking how large a value is costs up to a thousand values: once it was too large, so many are gone into unseen; twice as
// many each time that the next one is too large as well, as in what is nested very deep.
const MIN_UNSEEN = 16;
const MAX_UNSEEN = 1024;
// What has more keys, or items, holds values that are alike: looking into each costs as much again as writing it.
const MAX_FIELDS = 64;
// Levels at which cycles are looked for first: it costs as much as there are levels, and few values have so many.
const FIRST_CYCLE_CHECK = 1024;
// UTF-8 has three bytes at most for a UTF-16 unit.
const MAX_UNIT_SIZE = 3;

const COMMA_LINE = ",\n";

const NOTHING = Symbol("nothing");
const UNKNOWN = Symbol("unknown");

/** A container that is being written. */
interface Frame {
  readonly input: Container;
  /** Keys of an object; `undefined` for an array. */
  readonly keys: readonly string[] | undefined;
  count: number;
  /** How many children were begun. */
  index: number;
  /** How many items are taken next. */
  group: number;
  /** Whether no field was written. */
  isEmpty: boolean;
}

/**
 * Writes JSON straight into bytes, step by step: `JSON.stringify`, or its canonical form, makes the small parts, never the whole, of which
 * there would be one copy more, and which would keep the event loop waiting.
 *
 * It is valid JSON also when the value changes between two steps.
 */
export class JsonWriter {
  private readonly full: Buffer[] = []; // what came before the buffer
  private fullSize = 0;
  private buffer: Buffer;
  private length = 0;
  private units = 0; // of UTF-16, in all
  private text = ""; // still to be put
  private readonly open: Frame[] = []; // from the outermost; no recursion, for nesting of any depth
  private unseen = 0; // containers to be gone into without a look at their size
  private nextUnseen = MIN_UNSEEN;
  private cycleCheck = FIRST_CYCLE_CHECK; // levels at which cycles are looked for next
  private pauses = false; // whether the step is to end
  private lineUnits = Infinity; // characters of a line, at least
  private nextLine = Infinity; // characters, in all, from which on a line may end

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

  /** Bytes that were written. */
  get size(): number {
    return this.fullSize + this.length;
  }

  /** All that was written; nothing must be written any more. In steps, where it was more than expected. */
  *end(): Generator<undefined, Buffer, undefined> {
    const last = this.buffer.subarray(0, this.length);
    if (this.full.length === 0) return last;
    const all = Buffer.allocUnsafeSlow(this.size);
    let offset = 0;
    for (const part of [...this.full, last]) {
      for (let start = 0; start < part.byteLength; start += COPY_STEP) {
        offset += part.copy(all, offset, start, start + COPY_STEP);
        yield undefined;
      }
    }
    return all;
  }

  /**
   * Writes a value that holds nothing but JSON, in steps.
   *
   * @param lineUnits characters of UTF-16 after which a line ends, at the next comma of the outermost container: `JSON.stringify`
   *   writes no line ends, so that a reader knows those commas, and can parse line by line
   * @throws {StorageError} `LIMIT_EXCEEDED` when the JSON is longer than a string can be
   */
  *write(value: unknown, lineUnits = Infinity): Generator<undefined, void, undefined> {
    const { open } = this;
    this.lineUnits = lineUnits;
    this.nextLine = this.units + lineUnits;
    yield* this.begin(value);
    while (open.length > 0) {
      const frame = open[open.length - 1]!;
      if (frame.index < frame.count) {
        const child = frame.keys === undefined ? this.items(frame) : this.fields(frame, frame.keys);
        if (child !== NOTHING) yield* this.begin(child);
      } else {
        this.text += frame.keys === undefined ? "]" : "}";
        open.pop();
      }
      if (this.text.length < STEP && !this.pauses) continue;
      this.pauses = false;
      this.flush();
      yield undefined;
    }
    this.flush();
  }

  /** Adds text as it is. */
  put(text: string): void {
    this.units += text.length;
    if (this.units > this.maxUnits) throw tooLong();
    if (this.length + text.length * MAX_UNIT_SIZE > this.buffer.byteLength) this.makeRoom(Buffer.byteLength(text));
    this.length += this.buffer.write(text, this.length);
  }

  /** Writes a value that is written in parts: a long text, or the beginning of a container. */
  private *begin(value: unknown): Generator<undefined, void, undefined> {
    if (typeof value === "string" && value.length >= STEP) {
      yield* this.putText(value);
      return;
    }
    if (typeof value !== "object" || value === null) {
      this.text += this.jsonOf(value) ?? "null";
      return;
    }
    if (this.open.length >= this.cycleCheck) this.assertNoCycle();
    if (Array.isArray(value)) {
      this.text += "[";
      this.open.push({ input: value, keys: undefined, count: value.length, index: 0, group: 1, isEmpty: true });
    } else {
      if (this.pauses) {
        // What was found out listed its keys, which is to be done again.
        this.pauses = false;
        yield undefined;
      }
      const keys = this.canonical ? yield* sortedKeys(value) : Object.keys(value);
      if (keys.length > MANY_KEYS) yield undefined;
      this.text += "{";
      this.open.push({ input: value as Container, keys, count: keys.length, index: 0, group: 1, isEmpty: true });
    }
  }

  /** @throws {TypeError} for what has become a cycle since it was planned, and would be written without end */
  private assertNoCycle(): void {
    const { open } = this;
    const distinct = new Set(open.map(({ input }) => input)).size;
    if (distinct < open.length || open.length >= MAX_NESTING) throw new TypeError("It stands inside of itself.");
    this.cycleCheck = Math.min(open.length * 2, MAX_NESTING);
  }

  private *putText(text: string): Generator<undefined, void, undefined> {
    this.flush();
    this.put('"');
    for (let start = 0, end = 0; start < text.length; start = end) {
      end = characterEnd(text, start + TEXT_STEP); // half a character alone would be written as an escape
      const slice = text.slice(start, end);
      this.put(isPlainText(slice) ? slice : serialize(slice, false).slice(1, -1));
      yield undefined;
    }
    this.put('"');
  }

  /** Goes on with the items of an array. @returns the item to go into, if there is one; or nothing, so that a step may end */
  private items(frame: Frame): unknown {
    const items = frame.input as readonly unknown[];
    frame.count = items.length; // it may have changed since the last step
    while (frame.index < frame.count && this.text.length < STEP) {
      const start = frame.index;
      const end = Math.min(start + frame.group, frame.count);
      const json = end - start > 1 ? this.groupJson(items, start, end) : UNKNOWN;
      if (json === UNKNOWN || this.endsLine(json.length)) {
        // Taken alone, an item can be gone into.
        frame.group = 1;
        frame.index++;
        if (start > 0) this.text += this.comma();
        if (this.isPart(items[start])) return items[start];
        const item = this.jsonOf(items[start]) ?? "null";
        this.text += item;
        frame.group = nextCount(1, item.length);
        continue;
      }
      frame.index = end;
      frame.group = nextCount(end - start, json.length / (end - start));
      if (start > 0) this.text += ",";
      if (this.text.length + json.length < STEP) {
        this.text += json;
        continue;
      }
      this.flush(); // joined, the group would be copied once more
      this.put(json);
      this.pauses = true;
      break;
    }
    return NOTHING;
  }

  /** What stands between two children of the innermost open container. */
  private comma(): string {
    if (!this.endsLine(0)) return ",";
    this.nextLine = this.units + this.text.length + COMMA_LINE.length + this.lineUnits;
    return COMMA_LINE;
  }

  /** Whether a line is to end within some more characters of the outermost container. Inner ones have no lines. */
  private endsLine(units: number): boolean {
    return this.units + this.text.length + units >= this.nextLine && this.open.length === 1;
  }

  /** JSON of some items without brackets, or that some of them have to be gone into. */
  private groupJson(items: readonly unknown[], start: number, end: number): string | typeof UNKNOWN {
    // Sorting takes so much longer than looking that nothing large is to be sorted in one go.
    const looks = this.canonical || start < MAX_FIELDS;
    for (let index = start; looks && index < end; index++) if (this.isPart(items[index])) return UNKNOWN;
    const json = this.shortJson(arrayItems(items, start, end));
    return json === UNKNOWN ? UNKNOWN : json!.slice(1, -1);
  }

  /** The same for the fields of an object. */
  private fields(frame: Frame, keys: readonly string[]): unknown {
    const object = frame.input as Readonly<Record<string, unknown>>;
    while (frame.index < frame.count && this.text.length < STEP) {
      const index = frame.index++;
      const key = keys[index]!;
      const child = object[key];
      const looks = index < MAX_FIELDS || this.canonical || typeof child !== "object" || Array.isArray(child);
      const json = looks && this.isPart(child) ? UNKNOWN : this.fieldJson(child);
      if (json === undefined) continue; // it was something else when it was planned
      const start = `${frame.isEmpty ? "" : this.comma()}${textJson(key)}:`;
      frame.isEmpty = false;
      if (json === UNKNOWN) {
        this.text += start;
        return child;
      }
      this.text += start + json;
    }
    return NOTHING;
  }

  private fieldJson(value: unknown): string | undefined | typeof UNKNOWN {
    // A call of `JSON.stringify` for each would take half as long again.
    if (typeof value === "string") return textJson(value);
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
    return typeof value === "boolean" || value === null ? String(value) : this.shortJson(value);
  }

  /** Whether a value is written in parts. */
  private isPart(value: unknown): boolean {
    if (typeof value === "string") return value.length >= STEP;
    if (typeof value !== "object" || value === null) return false;
    if (this.unseen > 0 && (value as { toJSON?: unknown }).toJSON === undefined) {
      this.unseen--;
      return true;
    }
    if (isSmallJson(value)) {
      this.nextUnseen = MIN_UNSEEN;
      return false;
    }
    this.unseen = this.nextUnseen;
    this.nextUnseen = Math.min(2 * this.nextUnseen, MAX_UNSEEN);
    this.pauses = true;
    return true;
  }

  /** JSON of a value; `undefined` for what JSON leaves out; or that it is too deep, or too long, to be made in one go. */
  private shortJson(value: unknown): string | undefined | typeof UNKNOWN {
    try {
      return this.canonical ? stableStringify(value) : JSON.stringify(value);
    } catch (cause) {
      if (cause instanceof RangeError && typeof value === "object") return UNKNOWN;
      throw cause;
    }
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
    // `write` looks no further than the end of the buffer, and a text that just fits has no room to spare.
    if (this.length + size <= this.buffer.byteLength) return;
    this.full.push(this.buffer.subarray(0, this.length));
    this.fullSize += this.length;
    this.length = 0;
    this.buffer = Buffer.allocUnsafeSlow(Math.max(size, Math.ceil(this.fullSize / 2), MIN_GROWTH));
  }
}

/** How many items to take next: as many as fill a step by the average so far, and not many more at once than before. */
function nextCount(count: number, average: number): number {
  const fitting = Math.floor(STEP / Math.max(average, 1));
  return Math.max(1, Math.min(fitting, count * 4));
}

function textJson(text: string): string {
  return isPlainText(text) ? `"${text}"` : serialize(text, false);
}

/** Where a part of a text may end at or after `index`, so that no character of two units (a surrogate pair) is cut in two. */
export function characterEnd(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1); // NaN, past the end, is no surrogate
  return unit >= 0xd800 && unit < 0xdc00 ? index + 1 : index;
}
