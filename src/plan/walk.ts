import { isBytes } from "../bytes/bytes.js";
import { StorageError, isStorageError } from "../errors/error.js";
import type { Container } from "../json/container.js";
import { hasDollarKey } from "../reference/escape.js";
import { Decisions } from "./decisions.js";
import type { Frame } from "./frame.js";
import { numberSize, stringSize } from "./json-size.js";
import { hasToJson, isPlainContainer, jsonValue } from "./json-value.js";
import { NOTHING_LOOSE } from "./loose-sizes.js";
import { OpenFrames } from "./open-frames.js";
import { formatPayloadPath, type PayloadPath } from "./payload-path.js";
import { MAX_ARRAY_LENGTH, PlainWalk, type OpenContainer } from "./plain-walk.js";
import type { PayloadPlan, WalkOptions } from "./plan.js";
import { asPayloadSource, isBinaryValue, sourceContentType, sourceSize, type PayloadSource } from "./source.js";
import { vanishingKind } from "./vanishing.js";

// Values of one step of the walk. A step takes some milliseconds.
const STEP = 100_000;

/** Replaces the size of a stream before it is read. No size has more digits. */
const UNKNOWN_SIZE = Number.MAX_SAFE_INTEGER;

/**
 * Decides what leaves a payload. One post-order walk computes the JSON size of every subtree, exactly wherever that
 * decides, and copies only what changes. Nesting of any depth fits on the stack. The payload itself is never changed.
 * Other tasks may get their turn between the steps of the walk.
 */
export class PayloadWalk {
  private readonly open = new OpenFrames();
  private readonly decisions: Decisions;
  private plain: PlainWalk | undefined;
  private isBegun = false;

  private readonly path = (): PayloadPath => this.open.path;

  constructor(
    private readonly payload: unknown,
    private readonly options: WalkOptions,
  ) {
    this.decisions = new Decisions(options, this.path);
    // JSON.stringify would see a toJSON on all objects, but the plain walk would not.
    if ("toJSON" in Object.prototype) return;
    const { loose, maxSize, wholeSize } = this.decisions;
    this.plain = new PlainWalk(loose, maxSize, wholeSize);
  }

  /**
   * Continues the walk. @returns whether all is done
   *
   * @throws {StorageError} `UNSERIALIZABLE`, with the path, for a cycle, a `BigInt`, a failing `toJSON` or getter, and
   *   for deeper nesting than {@link OpenFrames} allows
   */
  step(): boolean {
    try {
      if (this.isBegun) return this.walk();
      this.isBegun = true;
      this.plain?.begin(this.payload, this.options.keys);
      return !this.enter(this.payload, "") || this.walk();
    } catch (cause) {
      if (isStorageError(cause)) throw cause;
      throw this.unserializable("reading it failed (a getter, a toJSON method or a proxy threw)", cause);
    }
  }

  /** The plan, once all is done. */
  get plan(): PayloadPlan {
    return this.decisions.plan;
  }

  /** Runs one step of the walk. @returns whether it came to the end of the walk, and not only of the step */
  private walk(): boolean {
    let frame = this.open.top;
    this.plain?.refill();
    for (let left = STEP; left > 0 && this.plain?.isTired !== true; left--) {
      left -= frame.takeScalars(this.decisions.maxSize, left);
      this.decisions.seeWhole(frame, this.open.depth - 1);
      if (frame.index === frame.count) {
        this.close(frame);
        if (this.open.depth === 0) return true;
        frame = this.open.top;
        this.add(frame);
        continue;
      }
      frame.index++;
      const { key } = frame;
      const input = (frame.input as Record<string | number, unknown>)[key];
      if (this.enter(input, key)) frame = this.open.top;
      else this.add(frame);
    }
    return false;
  }

  /** Adds the value that was finished last to its container. */
  private add(frame: Frame): void {
    const { visited } = this.decisions;
    if (visited.kept === undefined) {
      if (frame.keys !== undefined) {
        frame.omit();
        return;
      }
      this.finish(null, 4, true); // a value that JSON leaves out of an object is null in an array
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

  /** Begins a value. Returns true if its frame is open, and false if the value is finished. */
  private enter(input: unknown, key: string | number): boolean {
    if (typeof input === "object" && input !== null) return this.enterObject(input, key);
    const value = typeof input === "bigint" || typeof input === "function" ? jsonValue(input, key) : input;
    return this.enterSeen(value, value !== input, true);
  }

  private enterObject(input: object, key: string | number): boolean {
    const plain = isPlainContainer(input);
    if (!plain || Symbol.asyncIterator in input) {
      const source = this.sourceOf(input); // before toJSON, which a Buffer has
      if (source !== undefined) return this.leaveSource(source, sourceContentType(input));
    }
    if (plain && !hasToJson(input)) return this.enterPlain(input);
    const value = jsonValue(input, key);
    if (value === input && !plain) this.assertKept(input);
    return this.enterSeen(value, value !== input, plain);
  }

  /** Begins a container that may be plain JSON to the last leaf. */
  private enterPlain(input: object): boolean {
    const { plain, decisions } = this;
    const { loose } = decisions;
    const listed = plain?.takeKeys(input);
    if (plain === undefined || listed !== undefined) return this.enterContainer(input, false, true, listed);
    const looseStart = loose.count;
    const slackBefore = loose.slack;
    const size = this.measure(plain, input, looseStart, slackBefore);
    if (size >= 0) {
      decisions.finishPlain(input, size, this.open.depth, looseStart, slackBefore);
      return false;
    }
    if (plain.open.length === 0) return this.enterContainer(input, false, true, plain.takeKeys(input));
    this.resume(plain.open.reverse());
    if (plain.stoppedSize >= 0) {
      const frame = this.open.top;
      frame.index++;
      const child = (frame.input as Record<string | number, object>)[frame.key]!;
      const { stoppedSize, stoppedLooseStart, stoppedSlackBefore } = plain;
      decisions.finishPlain(child, stoppedSize, this.open.depth, stoppedLooseStart, stoppedSlackBefore);
      this.add(frame);
    }
    return true;
  }

  /** Continues inside containers, from the outermost, where the plain walk stopped. */
  private resume(containers: readonly OpenContainer[]): void {
    let outer: Frame | undefined;
    for (const container of containers) {
      if (outer !== undefined) outer.index++; // its current child is begun: it is this container
      this.push(container.input, false);
      outer = this.open.top;
      outer.resume(container, this.decisions.entries.length);
      this.decisions.seeWhole(outer, this.open.depth - 1);
    }
  }

  private measure(plain: PlainWalk, input: object, looseStart: number, slackBefore: number): number {
    try {
      return plain.measure(input, this.open.depth, this.decisions.unitDepth);
    } catch {
      // A getter or a proxy threw. The general walk will meet it again, and can name its place.
      this.plain = undefined;
      this.decisions.loose.take(looseStart, slackBefore);
      return -1;
    }
  }

  /** Continues with a value as `JSON.stringify` sees it. */
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
    this.decisions.finishText(text, changed, this.open.depth);
    return false;
  }

  private enterContainer(value: object, changed: boolean, plain: boolean, listed?: readonly string[]): boolean {
    const isArray = Array.isArray(value);
    if (isArray && value.length > MAX_ARRAY_LENGTH) {
      throw this.unserializable(`it is an array of more than ${MAX_ARRAY_LENGTH} items`);
    }
    const keys = isArray ? undefined : (listed ?? Object.keys(value));
    if (changed) {
      // The result of toJSON may be bytes, or an async iterable.
      const source = this.sourceOf(value);
      if (source !== undefined) return this.leaveSource(source, sourceContentType(value));
      if (!isPlainContainer(value)) this.assertKept(value);
    }
    const escaping = keys !== undefined && hasDollarKey(keys);
    if (escaping && this.options.keepsReference(value as Record<string, unknown>, this.path)) {
      return this.finish(value, Buffer.byteLength(JSON.stringify(value)), changed);
    }
    const container = value as Container;
    this.push(container, changed);
    // A copy is needed where JSON.stringify would see something else than the container itself the second time.
    const { entries, loose } = this.decisions;
    const fresh = !plain || (changed && "toJSON" in value);
    this.open.top.open(container, keys, entries.length, loose, escaping, changed, fresh);
    return true;
  }

  /** Enters a container. @param changed whether a `toJSON` returned it */
  private push(container: Container, changed: boolean): void {
    const problem = this.open.push(container, changed);
    if (problem !== undefined) throw this.unserializable(problem);
  }

  /** Ends a container, and decides whether it leaves whole. */
  private close(frame: Frame): void {
    this.open.pop();
    this.decisions.finishFrame(frame, this.open.depth);
  }

  private sourceOf(value: object): PayloadSource | undefined {
    try {
      return asPayloadSource(value);
    } catch (cause) {
      if (!isBytes(value) && !isBinaryValue(value)) throw cause;
      throw this.unserializable("its memory was transferred to somebody else, so that it has no bytes any more", cause);
    }
  }

  /** Refuses a value that would be lost silently. */
  private assertKept(value: object): void {
    const kind = this.options.refusesLoss ? vanishingKind(value) : undefined;
    if (kind === undefined) return;
    throw this.unserializable(`it is ${kind}, of which JSON keeps nothing (lossy: "json" lets it pass)`);
  }

  private leaveSource(source: PayloadSource, contentType: string): boolean {
    if (!(source instanceof Uint8Array)) this.options.onSource?.(source);
    const size = sourceSize(source);
    const { visited } = this.decisions;
    this.decisions.finish(undefined, size ?? 0, true);
    visited.wholeSize = size ?? UNKNOWN_SIZE;
    this.decisions.leave("binary", contentType, { source }, NOTHING_LOOSE);
    // Bytes have no place in JSON, so their container holds the reference too when it is stored whole.
    visited.whole = visited.kept;
    visited.wholeSize = visited.keptSize;
    return false;
  }

  private finish(value: unknown, size: number, changed: boolean): false {
    this.decisions.finish(value, size, changed);
    return false;
  }

  private unserializable(problem: string, cause?: unknown): StorageError {
    const path = formatPayloadPath(this.path());
    return new StorageError("UNSERIALIZABLE", `The value at ${path} can't be stored as JSON: ${problem}.`, {
      operation: "dehydrate",
      cause,
    });
  }
}
