import fc from "fast-check";
import { jsonValue, lookalike } from "../plan/payload-arbitrary.js";
import type { RandomChoice } from "../support/fault-run/random-choice.js";
import { BinaryLeaf, type Pause, type SourceWatch } from "./payload-source.js";

/** What a payload is made for: the sizes at which managers decide. */
export interface Thresholds {
  readonly maxInlineSize: number;
  readonly maxEnvelopeSize: number;
  readonly maxEntrySize: number;
}

// Streams are long from here on: see LONG_HEAD_SIZE in src/dehydrate/streams/store-sources.ts.
const LONG_STREAM = 5_242_880;
const LONG_SHARE = 0.1;
// No user has this key, and JSON takes it.
const MARK = "\u0000leaf";

/** Stands for bytes while a payload is made. */
class Slot {
  constructor(
    readonly leaf: BinaryLeaf,
    readonly index: number,
  ) {}

  toJSON(): unknown {
    return { [MARK]: this.index };
  }
}

/** A payload that a seed decides, and what must come back. */
export class RandomPayload {
  /** All that is in it. */
  readonly leaves: readonly BinaryLeaf[];
  private readonly made: BinaryLeaf[] = [];
  private readonly tree: unknown;
  /** Bytes that may still be added. */
  private left: number;

  constructor(
    private readonly choice: RandomChoice,
    private readonly sizes: Thresholds,
    private readonly label: string,
    /** Most bytes of a text or of binary that is not meant to be long. */
    private readonly most: number,
  ) {
    this.left = 5 * most;
    const value = this.value(0);
    // What is long goes another way: as it is read, under a name that is not its own yet.
    this.tree = choice.chance(LONG_SHARE) ? { value, long: this.longStream() } : value;
    const used = new Set<BinaryLeaf>();
    this.fromJson((leaf) => used.add(leaf)); // one value may have taken the place of another
    this.leaves = [...used];
  }

  /** Whether a dehydration can succeed at all: a source that fails or hangs can't be stored. */
  get isWhole(): boolean {
    return !this.leaves.some(({ fails, hangs }) => fails || hangs);
  }

  get hasStreams(): boolean {
    return this.leaves.some(({ isStream }) => isStream);
  }

  describe(): string {
    const json = JSON.stringify(this.tree) as string | undefined;
    const binary = this.leaves.map((leaf) => leaf.describe()).slice(0, 12);
    return `${json?.length ?? 0} characters of JSON, binary: ${binary.join(", ") || "none"}`;
  }

  /** The payload with streams that nobody has read. */
  open(pause: Pause, watch: SourceWatch): unknown {
    const opened = new Map<BinaryLeaf, unknown>();
    const copy = (node: unknown): unknown => {
      if (node instanceof Slot) {
        if (!opened.has(node.leaf)) opened.set(node.leaf, node.leaf.open(pause, watch));
        return opened.get(node.leaf);
      }
      if (Array.isArray(node) && Object.getPrototypeOf(node) === Array.prototype) return node.map(copy);
      if (typeof node !== "object" || node === null || Object.getPrototypeOf(node) !== Object.prototype) return node;
      return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, copy(inner)]));
    };
    return this.leaves.length === 0 ? this.tree : copy(this.tree);
  }

  /** What `hydrate` must give. */
  expected(): unknown {
    return this.fromJson(({ bytes }) => new Uint8Array(bytes));
  }

  private fromJson(binary: (leaf: BinaryLeaf) => unknown): unknown {
    const text = JSON.stringify(this.tree) as string | undefined;
    if (text === undefined) return undefined;
    if (this.made.length === 0) return JSON.parse(text) as unknown;
    return JSON.parse(text, (_, value: Record<string, number> | null) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, MARK)
        ? binary(this.made[value[MARK]!]!)
        : value,
    ) as unknown;
  }

  private value(depth: number): unknown {
    const { choice } = this;
    const kind = choice.number();
    if (depth === 0 || (depth < 4 && kind < 0.35)) return this.container(depth);
    if (kind < 0.6) return this.text(this.size());
    if (kind < 0.72) return this.binary();
    if (kind < 0.78) return this.sampled(lookalike);
    if (kind < 0.86) return this.sampled(jsonValue);
    if (kind < 0.88) return this.nested();
    return choice.of<unknown>([
      0,
      -1.5,
      true,
      null,
      undefined,
      "",
      new Date(0),
      NaN,
      { toJSON: () => "itself" },
      1e21,
      [],
      {},
    ]);
  }

  private container(depth: number): unknown {
    const { choice } = this;
    const count = choice.of([0, 1, 2, 3, 5, depth < 2 ? 12 : 4, depth === 0 ? 40 : 2]);
    if (choice.chance(0.1)) return this.records(choice.below(60));
    const values = Array.from({ length: count }, () => this.value(depth + 1));
    // Equal values are stored once.
    if (values.length > 2 && choice.chance(0.3)) values[1] = values[0];
    if (choice.chance(0.4)) return values;
    return Object.fromEntries(values.map((value, index) => [this.key(index), value]));
  }

  private key(index: number): string {
    const { choice } = this;
    if (choice.chance(0.8)) return `field${index}`;
    return choice.of(["$storageRef", "$$storageRef", "$bubuStorageRef", "$storage", "__proto__", "a.b", "", "é", "0"]);
  }

  private records(count: number): unknown {
    return Array.from({ length: count }, (_, id) => ({ id, name: `record ${id} of ${this.label}`, tags: ["a", "b"] }));
  }

  private text(length: number): string {
    const piece = this.choice.of(["x", "text ", "é", "😀", '"\\', "\n"]);
    const unit = `${this.label}${piece}`;
    return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  }

  /** A size at which something is decided, or near it. */
  private size(): number {
    const { choice, sizes, most } = this;
    const { maxInlineSize, maxEnvelopeSize, maxEntrySize } = sizes;
    const around = choice.of([0, maxInlineSize, maxInlineSize, maxEntrySize, maxEnvelopeSize, 2000, most]);
    const size = Math.max(0, Math.min(most, this.left, around + choice.below(9) - 4 - choice.of([0, 0, 2, 40])));
    this.left -= size;
    return size;
  }

  private binary(): Slot {
    const { choice, made } = this;
    if (made.length > 0 && choice.chance(0.15)) {
      const index = choice.below(made.length);
      return new Slot(made[index]!, index);
    }
    return this.slot(new BinaryLeaf(choice, this.size(), `${this.label} ${choice.below(6)}`));
  }

  private longStream(): Slot {
    const size = LONG_STREAM + this.choice.of([-1, 0, 1, 300_000]);
    return this.slot(new BinaryLeaf(this.choice, size, this.label, true));
  }

  private slot(leaf: BinaryLeaf): Slot {
    const { made } = this;
    made.push(leaf);
    return new Slot(leaf, made.length - 1);
  }

  private nested(): unknown {
    const isArray = this.choice.chance(0.5);
    let value: unknown = this.text(this.size());
    for (let depth = this.choice.of([12, 60, 300, 1200]); depth > 0; depth--) value = isArray ? [value] : { a: value };
    return value;
  }

  private sampled(arbitrary: fc.Arbitrary<unknown>): unknown {
    return fc.sample(arbitrary, { numRuns: 1, seed: this.choice.below(2 ** 31) })[0];
  }
}
