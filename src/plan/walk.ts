import { constants } from "node:buffer";
import { StorageError, isStorageError } from "../error.js";
import type { Container } from "../reference/container.js";
import { Frame, type Visited } from "./frame.js";
import { numberSize, stringSize } from "./json-size.js";
import { isPlainContainer, jsonValue } from "./json-value.js";
import { formatPayloadPath } from "./payload-path.js";
import type { PayloadPath, PayloadPlan, PlannedEntry } from "./plan.js";
import { asPayloadSource, sourceContentType, sourceSize, type PayloadSource } from "./source.js";

/** What the decisions depend on. */
export interface WalkOptions {
  /** Bytes of JSON over which one value leaves. */
  maxInlineSize: number;
  /** Bytes of JSON over which a container leaves although something in it has left already. */
  maxEnvelopeSize: number;
  /** Container levels that are decided on; a container below them is one unit. */
  maxRecursionDepth: number;
  /** How a key of user data that begins with `$` is written. */
  escapeKey: (key: string) => string;
  /** Whether an object that has a key beginning with `$` stays as the reference it is; otherwise it is data. */
  keepsReference: (value: Readonly<Record<string, unknown>>, path: () => PayloadPath) => boolean;
  /** Bytes of JSON of the reference that will stand for an entry; at least the real number where that is not known. */
  referenceSize: (entry: PlannedEntry) => number;
}

/** Payloads nested deeper than this are refused: a `toJSON` that never ends would otherwise fill the memory. */
export const MAX_NESTING = 500_000;

// JSON of a longer array is longer than the longest string there can be.
const MAX_ARRAY_LENGTH = Math.floor(constants.MAX_STRING_LENGTH / 2);

/** Stands for the size of a stream before it is read: no size has more digits. */
const UNKNOWN_SIZE = Number.MAX_SAFE_INTEGER;

// Cycles are looked for only from this depth on: a cycle gets there, and few payloads do.
const CYCLE_CHECK_DEPTH = 64;

/**
 * Decides what leaves a payload: one post-order walk, without recursion, that visits each value once, computes the
 * exact JSON size of every subtree, and copies only what changes. The payload itself is never changed.
 *
 * @throws {StorageError} `UNSERIALIZABLE`, with the path, for a cycle, a `BigInt`, a failing `toJSON` or getter, and a
 *   payload nested deeper than {@link MAX_NESTING}
 */
export function walkPayload(payload: unknown, options: WalkOptions): PayloadPlan {
  return new PayloadWalk(options).run(payload);
}

class PayloadWalk {
  private readonly frames: Frame[] = [];
  private depth = 0; // frames in use
  private readonly entries: PlannedEntry[] = [];
  private ancestors: Set<Container> | undefined;
  private readonly maxTextSize: number;

  // The value that was finished last. One object for the whole walk; `kept` undefined means that JSON leaves it out.
  private readonly visited: Visited = {
    kept: undefined,
    whole: undefined,
    changed: false,
    left: false,
    size: 0,
    wholeSize: 0,
    keptSize: 0,
  };

  private readonly path = (): PayloadPath => this.frames.slice(0, this.depth).map((frame) => frame.key);

  constructor(private readonly options: WalkOptions) {
    this.maxTextSize = Math.min(options.maxInlineSize, options.maxEnvelopeSize);
  }

  run(payload: unknown): PayloadPlan {
    try {
      if (this.enter(payload, "")) this.walk();
    } catch (cause) {
      if (isStorageError(cause)) throw cause;
      throw this.unserializable("reading it failed (a getter, a toJSON method or a proxy threw)", cause);
    }
    const { kept, size, keptSize } = this.visited;
    return { value: kept, entries: this.entries, size, inlineSize: keptSize };
  }

  private walk(): void {
    let frame = this.frames[0]!;
    for (;;) {
      frame.takeScalars(this.maxTextSize);
      if (frame.index === frame.count) {
        this.close(frame);
        if (this.depth === 0) return;
        frame = this.frames[this.depth - 1]!;
        this.add(frame);
        continue;
      }
      frame.index++;
      const { key } = frame;
      const input = (frame.input as Record<string | number, unknown>)[key];
      if (this.enter(input, key)) frame = this.frames[this.depth - 1]!;
      else this.add(frame);
    }
  }

  /** Gives the value that was finished last to the container it stands in. */
  private add(frame: Frame): void {
    const { visited } = this;
    if (visited.kept === undefined) {
      if (frame.keys !== undefined) {
        frame.omit();
        return;
      }
      this.finish(null, 4, true); // what JSON leaves out of an object is null in an array
    }
    const { key } = frame;
    if (typeof key === "number") {
      frame.add(key, visited, 1, 1);
      return;
    }
    const keySize = stringSize(key) + 2; // the colon, and a comma
    if (!frame.escaping) {
      frame.add(key, visited, keySize, keySize);
      return;
    }
    const escaped = this.options.escapeKey(key);
    frame.add(escaped, visited, keySize, keySize + escaped.length - key.length);
  }

  /** Begins a value. True: its frame is open. False: it is finished. */
  private enter(input: unknown, key: string | number): boolean {
    if (typeof input === "object" && input !== null) return this.enterObject(input, key);
    const value = typeof input === "bigint" || typeof input === "function" ? jsonValue(input, key) : input;
    return this.enterSeen(value, value !== input, true);
  }

  private enterObject(input: object, key: string | number): boolean {
    const plain = isPlainContainer(input);
    if (!plain) {
      const source = asPayloadSource(input); // before toJSON, which a Buffer has
      if (source !== undefined) return this.leaveSource(source);
    }
    if (plain && typeof (input as { toJSON?: unknown }).toJSON !== "function") {
      return this.enterContainer(input, false, true);
    }
    const value = jsonValue(input, key);
    return this.enterSeen(value, value !== input, plain);
  }

  /** Goes on with a value as `JSON.stringify` sees it. */
  private enterSeen(value: unknown, changed: boolean, plain: boolean): boolean {
    switch (typeof value) {
      case "string":
        return this.enterText(value, changed);
      case "number":
        return this.enterNumber(value, changed);
      case "boolean":
        return this.finish(value, value ? 4 : 5, changed);
      case "bigint":
        throw this.unserializable("it is a BigInt, which JSON has no form for");
      case "object":
        if (value === null) return this.finish(null, 4, changed);
        return this.enterContainer(value, changed, plain);
      default:
        return this.finish(undefined, 0, changed);
    }
  }

  private enterNumber(value: number, changed: boolean): boolean {
    if (!Number.isFinite(value)) return this.finish(null, 4, true);
    if (Object.is(value, -0)) return this.finish(0, 1, true);
    return this.finish(value, numberSize(value), changed);
  }

  private enterText(text: string, changed: boolean): boolean {
    const size = stringSize(text);
    this.finish(text, size, changed);
    if (size > this.maxTextSize && this.depth <= this.options.maxRecursionDepth) {
      this.replaceByReference("raw", size, "text/plain", { text });
    }
    return false;
  }

  private enterContainer(value: object, changed: boolean, plain: boolean): boolean {
    const isArray = Array.isArray(value);
    if (isArray && value.length > MAX_ARRAY_LENGTH) {
      throw this.unserializable(`it is an array of more than ${MAX_ARRAY_LENGTH} items`);
    }
    const keys = isArray ? undefined : Object.keys(value);
    if (changed || keys?.length === 0) {
      // What toJSON gave may be bytes; an object without keys of its own may be an async iterable.
      const source = asPayloadSource(value);
      if (source !== undefined) return this.leaveSource(source);
    }
    const escaping = keys !== undefined && hasDollarKey(keys);
    if (escaping && this.options.keepsReference(value as Record<string, unknown>, this.path)) {
      return this.finish(value, Buffer.byteLength(JSON.stringify(value)), changed);
    }
    const container = value as Container;
    this.push(container);
    // A copy is needed where JSON.stringify would see something else than the container itself a second time.
    const fresh = !plain || (changed && "toJSON" in value);
    this.frames[this.depth - 1]!.open(container, keys, this.entries.length, escaping, changed, fresh);
    return true;
  }

  private push(container: Container): void {
    if (this.depth === MAX_NESTING) throw this.unserializable(`it is nested deeper than ${MAX_NESTING} levels`);
    if (this.ancestors !== undefined || this.depth >= CYCLE_CHECK_DEPTH) {
      this.ancestors ??= new Set(this.frames.slice(0, this.depth).map((frame) => frame.input));
      if (this.ancestors.has(container)) throw this.cycle();
      this.ancestors.add(container);
    }
    if (this.depth === this.frames.length) this.frames.push(new Frame());
    this.depth++;
  }

  /** Ends a container: decides whether it leaves whole. */
  private close(frame: Frame): void {
    const { input, entryStart } = frame;
    this.ancestors?.delete(input);
    this.depth--;
    const { visited, options, depth } = this;
    frame.close(visited);
    if (depth > options.maxRecursionDepth) return; // inside a unit
    const isUnit = depth === options.maxRecursionDepth;
    const leaves =
      visited.keptSize > options.maxEnvelopeSize ||
      ((isUnit || !visited.left) && visited.keptSize > options.maxInlineSize);
    if (!leaves) return;
    this.dropEntries(entryStart);
    this.replaceByReference("json", visited.wholeSize, "application/json", { value: visited.whole });
  }

  // What was planned inside a container that leaves whole goes with it; only binary is still an entry of its own.
  private dropEntries(start: number): void {
    let end = start;
    for (let i = start; i < this.entries.length; i++) {
      const entry = this.entries[i]!;
      if (entry.kind === "binary") this.entries[end++] = entry;
    }
    this.entries.length = end;
  }

  private leaveSource(source: PayloadSource): boolean {
    const size = sourceSize(source);
    this.finish(undefined, size ?? 0, true);
    this.replaceByReference("binary", size ?? UNKNOWN_SIZE, sourceContentType(source), { source });
    // Bytes have no place in JSON: stored whole, their container holds the reference too.
    this.visited.whole = this.visited.kept;
    this.visited.wholeSize = this.visited.keptSize;
    return false;
  }

  private replaceByReference(
    kind: PlannedEntry["kind"],
    storedSize: number,
    contentType: string,
    content: PlannedEntry["content"],
  ): void {
    const { visited } = this;
    const entry = { path: this.path(), kind, size: visited.size, storedSize, contentType, content, slot: {} };
    this.entries.push(entry);
    visited.kept = entry.slot;
    visited.keptSize = this.options.referenceSize(entry);
    visited.left = true;
  }

  private finish(value: unknown, size: number, changed: boolean): false {
    const { visited } = this;
    visited.kept = visited.whole = value;
    visited.changed = changed;
    visited.left = false;
    visited.size = visited.wholeSize = visited.keptSize = size;
    return false;
  }

  private cycle(): StorageError {
    // It was noticed late; name the first place where an object stands inside itself.
    const seen = new Set<Container>();
    for (let i = 0; i < this.depth; i++) {
      const { input } = this.frames[i]!;
      if (seen.has(input)) {
        this.depth = i;
        break;
      }
      seen.add(input);
    }
    return this.unserializable("it is a cycle: an object that stands inside itself");
  }

  private unserializable(problem: string, cause?: unknown): StorageError {
    const path = formatPayloadPath(this.path());
    return new StorageError("UNSERIALIZABLE", `The value at ${path} can't be stored as JSON: ${problem}.`, {
      operation: "dehydrate",
      cause,
    });
  }
}

function hasDollarKey(keys: readonly string[]): boolean {
  for (const key of keys) {
    if (key.charCodeAt(0) === 0x24) return true;
  }
  return false;
}
