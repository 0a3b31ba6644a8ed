import type { DehydrationPlan } from "../dehydrate/dehydration-plan.js";
import { isObject } from "../json/is-object.js";
import { numberSize, stringSize } from "../plan/json-size.js";
import { formatPayloadPath, type PayloadPath } from "../plan/payload-path.js";
import { unescapeKey } from "../reference/escape.js";
import { isReference } from "../reference/references-in.js";

/** Where a part of a payload lies: in what travels, or in an object by itself, as JSON, text or bytes. */
export type PartKind = "inline" | "json" | "raw" | "binary";

/** A part of a payload, by bytes. */
export interface Part {
  /** Where it stands: `$.items[3]`. */
  readonly path: string;
  readonly key: string;
  readonly kind: PartKind;
  /** Bytes of its JSON in the payload; of binary its own. At least those of all its children. */
  readonly bytes: number;
  /** The heaviest first. */
  readonly children: readonly Part[];
  /** The object that it lies in, and where in it; absent for what travels, and for what lies inside of a stored part. */
  readonly stored?: StoredPlace;
  /** The value of a leaf that travels. */
  readonly value?: string | number | boolean | null;
}

/** A place in an object. */
export interface StoredPlace {
  readonly object: string;
  readonly offset: number;
  readonly size: number;
}

// What is deeper is drawn as one.
const MAX_DEPTH = 24;

/** The parts of a planned payload. */
export function byteTree(plan: DehydrationPlan): Part {
  return new TreeBuilder(plan).build(plan.value, [], 0);
}

type Entry = DehydrationPlan["entries"][number];

class TreeBuilder {
  readonly #entries = new Map<string, Entry>();
  // Entries inside of another one, by the path of that.
  readonly #inner = new Map<string, Entry[]>();

  constructor({ entries }: DehydrationPlan) {
    for (const entry of entries) this.#entries.set(idOf(entry.path), entry);
    for (const entry of entries) {
      for (let length = entry.path.length - 1; length >= 0; length--) {
        const outer = idOf(entry.path.slice(0, length));
        if (!this.#entries.has(outer)) continue;
        this.#inner.set(outer, [...(this.#inner.get(outer) ?? []), entry]);
        break;
      }
    }
  }

  build(value: unknown, path: PayloadPath, depth: number): Part {
    const entry = this.#entries.get(idOf(path));
    if (entry !== undefined) return this.#storedPart(entry, placeOf(value));
    if (!isObject(value)) return this.#leaf(value, path);
    const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
    const children =
      depth >= MAX_DEPTH
        ? []
        : keys.map((key) => this.build((value as never)[key], [...path, plainKey(key)], depth + 1));
    const sizes = depth >= MAX_DEPTH ? Buffer.byteLength(JSON.stringify(value)) : sumOf(children) + overheadOf(keys);
    return partOf(path, "inline", sizes, children);
  }

  #leaf(value: unknown, path: PayloadPath): Part {
    const bytes =
      typeof value === "string"
        ? stringSize(value)
        : typeof value === "number"
          ? numberSize(value)
          : String(value).length;
    return { ...partOf(path, "inline", bytes, []), value: value as string };
  }

  /** @param place unknown for what lies inside of another stored part */
  #storedPart(entry: Entry, place: StoredPlace | undefined): Part {
    const inner = this.#inner.get(idOf(entry.path)) ?? [];
    const children = inner.map((one) => this.#storedPart(one, undefined));
    const bytes = Math.max(entry.size, place?.size ?? 0, sumOf(children));
    return { ...partOf(entry.path, entry.kind, bytes, children), ...(place !== undefined && { stored: place }) };
  }
}

function partOf(path: PayloadPath, kind: PartKind, bytes: number, children: readonly Part[]): Part {
  const sorted = [...children].sort((one, other) => other.bytes - one.bytes);
  return { path: formatPayloadPath(path), key: String(path.at(-1) ?? "$"), kind, bytes, children: sorted };
}

function placeOf(reference: unknown): StoredPlace | undefined {
  if (!isReference(reference)) return undefined;
  if (!("$storageRef" in reference)) return { object: reference.$bubuStorageRef, offset: 0, size: 0 };
  return { object: reference.$storageRef, offset: reference.$storageOffset ?? 0, size: reference.$storageSize };
}

/** Two brackets, a comma between two, of an object a key and a colon each. */
function overheadOf(keys: readonly (string | number)[]): number {
  const names = keys.reduce<number>((sum, key) => sum + (typeof key === "string" ? stringSize(key) + 1 : 0), 0);
  return 2 + names + Math.max(keys.length - 1, 0);
}

function plainKey(key: string | number): string | number {
  return typeof key === "string" ? unescapeKey(key) : key;
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

function idOf(path: PayloadPath): string {
  return JSON.stringify(path);
}
