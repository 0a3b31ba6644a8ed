import { constants } from "node:buffer";
import stableStringify from "fast-json-stable-stringify";
import { MAX_NESTING, arrayItems, type Container } from "./container.js";
import { JsonBytes } from "./json-bytes.js";
import { isPlainText } from "./plain-text.js";
import { serialize, sortedKeys } from "./serialize.js";
import { isSmallJson } from "./small-json.js";

// Characters of JSON that one step should make. They are so few that the strings live and die young, and so many that
// steps cost nothing.
const STEP = 32_768;
// Characters of a long text that one step checks and writes.
const TEXT_STEP = 65_536;
// Number of keys of an object from which listing them is a step of its own.
const MANY_KEYS = 16_384;
// To find out how large a value is costs as much as visiting up to a thousand values. After one value was too large,
// this number of containers is entered without a look at their size. The number doubles each time that the next one is
// too large as well, as in a value with very deep nesting.
const MIN_UNSEEN = 16;
const MAX_UNSEEN = 1024;
// A container with more keys or items holds similar values. Looking into each would cost as much again as writing it.
const MAX_FIELDS = 64;
// Characters of a group of items that show that they are not similar, so that the rest is looked into.
const LARGE_GROUP = 4 * STEP;
// Number of levels at which cycles are looked for first. The search costs as much as there are levels, and few values
// have so many.
const FIRST_CYCLE_CHECK = 1024;
const COMMA_LINE = ",\n";

const NOTHING = Symbol("nothing");
const UNKNOWN = Symbol("unknown");

/** A container that is being written. */
interface Frame {
  readonly input: Container;
  /** Keys of an object; `undefined` for an array. */
  readonly keys: readonly string[] | undefined;
  count: number;
  /** Number of children that were begun. */
  index: number;
  /** Number of items that are taken next. */
  group: number;
  /** Whether a group of items was far larger than those before it. */
  varies: boolean;
  /** Whether no field was written yet. */
  isEmpty: boolean;
}

/**
 * Writes JSON directly into bytes, step by step. `JSON.stringify`, or its canonical form, makes only the small parts.
 * Making the whole would need one more copy, and would block the event loop.
 *
 * The result is valid JSON even when the value changes between two steps.
 */
export class JsonWriter {
  private readonly bytes: JsonBytes;
  private text = ""; // text still to be put
  private readonly open: Frame[] = []; // outermost first; no recursion, for nesting of any depth
  private unseen = 0; // containers to enter without a look at their size
  private nextUnseen = MIN_UNSEEN;
  private cycleCheck = FIRST_CYCLE_CHECK; // levels at which cycles are looked for next
  private pauses = false; // whether the step must end
  private lineUnits = Infinity; // minimum characters in a line
  private nextLine = Infinity; // total characters from which a line may end

  /**
   * @param expectedSize expected size in bytes
   * @param maxUnits number of UTF-16 characters above which nobody could read the JSON as a string
   * @param canonical whether to write as `fast-json-stable-stringify` does, with sorted keys, and not as
   *   `JSON.stringify` does
   */
  constructor(
    expectedSize: number,
    maxUnits = constants.MAX_STRING_LENGTH,
    private readonly canonical = false,
  ) {
    this.bytes = new JsonBytes(expectedSize, maxUnits);
  }

  /** Number of bytes that were written. */
  get size(): number {
    return this.bytes.size;
  }

  /**
   * Returns all written bytes. Nothing may be written after that. Works in steps when there were more bytes than
   * expected.
   */
  end(): Generator<undefined, Buffer, undefined> {
    return this.bytes.end();
  }

  /**
   * Writes a value that holds nothing but JSON, in steps.
   *
   * @param lineUnits number of UTF-16 characters after which a line ends, at the next comma of the outermost
   *   container. Since `JSON.stringify` writes no line ends, a reader recognises these commas, and can parse line by
   *   line
   * @throws {StorageError} `LIMIT_EXCEEDED` when the JSON is longer than a string can be
   */
  *write(value: unknown, lineUnits = Infinity): Generator<undefined, void, undefined> {
    const { open } = this;
    this.lineUnits = lineUnits;
    this.nextLine = this.bytes.units + lineUnits;
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

  /** Adds text unchanged. */
  put(text: string): void {
    this.bytes.put(text);
  }

  /** Begins a value that is written in parts: a long text, or a container. */
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
      this.open.push(frameOf(value, undefined, value.length));
    } else {
      if (this.pauses) {
        // Measuring the object listed its keys. The next step lists them again.
        this.pauses = false;
        yield undefined;
      }
      const keys = this.canonical ? yield* sortedKeys(value) : Object.keys(value);
      if (keys.length > MANY_KEYS) yield undefined;
      this.text += "{";
      this.open.push(frameOf(value as Container, keys, keys.length));
    }
  }

  /** @throws {TypeError} for a value that has become a cycle since it was planned, and would be written without end */
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

  /**
   * Continues with the items of an array.
   *
   * @returns the item to enter, if there is one; or `NOTHING`, so that a step may end
   */
  private items(frame: Frame): unknown {
    const items = frame.input as readonly unknown[];
    frame.count = items.length; // the array may have changed since the last step
    while (frame.index < frame.count && this.text.length < STEP) {
      const start = frame.index;
      // Near the end of a line, items are taken one by one. Otherwise a group would be made in vain.
      const end = Math.min(start + (this.endsLine(STEP) ? 1 : frame.group), frame.count);
      const json = end - start > 1 ? this.groupJson(frame, start, end) : UNKNOWN;
      if (json === UNKNOWN || this.endsLine(json.length)) {
        // An item that is taken alone can be entered.
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
      this.flush(); // joining the group would copy it once more
      this.put(json);
      this.pauses = true;
      break;
    }
    return NOTHING;
  }

  /** Returns the separator between two children of the innermost open container. */
  private comma(): string {
    if (!this.endsLine(0)) return ",";
    this.nextLine = this.bytes.units + this.text.length + COMMA_LINE.length + this.lineUnits;
    return COMMA_LINE;
  }

  /**
   * Returns whether a line must end within some more characters of the outermost container. Inner containers have no
   * line ends.
   */
  private endsLine(units: number): boolean {
    return this.bytes.units + this.text.length + units >= this.nextLine && this.open.length === 1;
  }

  /** Returns the JSON of some items without brackets, or `UNKNOWN` when some of them have to be entered. */
  private groupJson(frame: Frame, start: number, end: number): string | typeof UNKNOWN {
    const items = frame.input as readonly unknown[];
    // Sorting takes so much longer than looking that nothing large may be sorted in one go. Looking into arrays costs
    // little.
    const looks = this.canonical || start < MAX_FIELDS || frame.varies || Array.isArray(items[start]);
    for (let index = start; looks && index < end; index++) if (this.isPart(items[index])) return UNKNOWN;
    const json = this.shortJson(arrayItems(items, start, end));
    if (json === UNKNOWN) return UNKNOWN;
    if (json!.length > LARGE_GROUP) frame.varies = true;
    return json!.slice(1, -1);
  }

  /** Continues with the fields of an object in the same way. */
  private fields(frame: Frame, keys: readonly string[]): unknown {
    const object = frame.input as Readonly<Record<string, unknown>>;
    while (frame.index < frame.count && this.text.length < STEP) {
      const index = frame.index++;
      const key = keys[index]!;
      const child = object[key];
      const looks = index < MAX_FIELDS || this.canonical || typeof child !== "object" || Array.isArray(child);
      const json = looks && this.isPart(child) ? UNKNOWN : this.fieldJson(child);
      if (json === undefined) continue; // the value was something else when it was planned
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
    // A call of `JSON.stringify` for each value would take half as long again.
    if (typeof value === "string") return textJson(value);
    if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
    return typeof value === "boolean" || value === null ? String(value) : this.shortJson(value);
  }

  /** Returns whether a value is written in parts. */
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

  /**
   * Returns the JSON of a value. Returns `undefined` for a value that JSON leaves out, and `UNKNOWN` for one that is
   * too deep, or too long, for one go.
   */
  private shortJson(value: unknown): string | undefined | typeof UNKNOWN {
    try {
      return this.canonical ? stableStringify(value) : JSON.stringify(value);
    } catch (cause) {
      if (cause instanceof RangeError && typeof value === "object") return UNKNOWN;
      throw cause;
    }
  }

  /** Returns the JSON of any value; `undefined` for a value that JSON leaves out. */
  private jsonOf(value: unknown): string | undefined {
    return serialize(value, this.canonical);
  }

  private flush(): void {
    if (this.text === "") return;
    this.put(this.text);
    this.text = "";
  }
}

function frameOf(input: Container, keys: readonly string[] | undefined, count: number): Frame {
  return { input, keys, count, index: 0, group: 1, varies: false, isEmpty: true };
}

/**
 * Returns how many items to take next. It is the number that fills a step by the average so far, and at most four
 * times the number before.
 */
function nextCount(count: number, average: number): number {
  const fitting = Math.floor(STEP / Math.max(average, 1));
  return Math.max(1, Math.min(fitting, count * 4));
}

function textJson(text: string): string {
  return isPlainText(text) ? `"${text}"` : serialize(text, false);
}

/**
 * Returns where a part of a text may end, at or after `index`. So no character of two units (a surrogate pair) is cut
 * in two.
 */
export function characterEnd(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1); // NaN, past the end, is not a surrogate
  return unit >= 0xd800 && unit < 0xdc00 ? index + 1 : index;
}
