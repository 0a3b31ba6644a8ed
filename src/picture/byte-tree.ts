import type { DehydrationPlan } from "../dehydrate/dehydration-plan.js";
import { isObject } from "../json/is-object.js";
import { numberSize, stringSize } from "../plan/json-size.js";
import { formatPayloadPath, type PayloadPath } from "../plan/payload-path.js";
import { unescapeKey } from "../reference/escape.js";
import { isReference } from "../reference/references-in.js";

/**
 * Where a part of a payload lies. An `inline` part travels. The other kinds lie in an object, as JSON, text or bytes.
 */
export type PartKind = "inline" | "json" | "raw" | "binary";

/** A part of a payload, with its bytes. */
export interface Part {
  /** Path of the part in the payload: `$.items[3]`. */
  readonly path: string;
  readonly key: string;
  readonly kind: PartKind;
  /**
   * Bytes of the part's JSON in the payload. For binary, the bytes of the value itself. Never less than the sum of
   * the children.
   */
  readonly bytes: number;
  /** Children, the heaviest first. */
  readonly children: readonly Part[];
  /**
   * The object that holds the part, and the place in it. Absent for parts that travel, and for parts inside a stored
   * part.
   */
  readonly stored?: StoredPlace | undefined;
  /** Value of a leaf that travels. */
  readonly value?: Leaf | undefined;
}

type Leaf = string | number | boolean | null;

/** A place in an object. */
export interface StoredPlace {
  readonly object: string;
  readonly offset: number;
  readonly size: number;
}

// A container at this depth is drawn as one part.
const MAX_DEPTH = 24;

/** Builds the tree of the parts of a planned payload. */
export function byteTree(plan: DehydrationPlan): Part {
  const root: Place = { below: new Map() };
  for (const entry of plan.entries) {
    let place = root;
    for (const key of entry.path) {
      let next = place.below.get(key);
      if (next === undefined) place.below.set(key, (next = { below: new Map() }));
      place = next;
    }
    place.entry = entry;
  }
  return partAt(plan.value, undefined, root);
}

type Entry = DehydrationPlan["entries"][number];

/** A place in a payload. The value at the place leaves, or a value below it leaves. */
interface Place {
  entry?: Entry;
  readonly below: Map<string | number, Place>;
}

/** The last key of a path, and the step before it. Paths with the same beginning share its steps. */
interface Step {
  readonly before: Step | undefined;
  readonly key: string | number;
  /** Number of keys. */
  readonly length: number;
}

function stepTo(before: Step | undefined, key: string | number): Step {
  return { before, key, length: (before?.length ?? 0) + 1 };
}

function pathTo(last: Step | undefined): PayloadPath {
  const path: (string | number)[] = [];
  for (let step = last; step !== undefined; step = step.before) path.push(step.key);
  return path.reverse();
}

/** A part that formats its path only on request. Only parts that are drawn need the text of their path. */
class PathPart implements Part {
  readonly children: readonly Part[];

  /** @param children in any order; the part takes over the list and sorts it */
  constructor(
    private readonly at: Step | undefined,
    readonly kind: PartKind,
    readonly bytes: number,
    children: Part[],
    readonly stored?: StoredPlace,
    readonly value?: Leaf,
  ) {
    this.children = children.sort((one, other) => other.bytes - one.bytes);
  }

  get path(): string {
    return formatPayloadPath(pathTo(this.at));
  }

  get key(): string {
    return String(this.at?.key ?? "$");
  }
}

/**
 * Builds the part for a value, and the parts below it.
 *
 * @param place absent where no value at or below this path leaves
 */
function partAt(value: unknown, at: Step | undefined, place: Place | undefined): Part {
  if (place?.entry !== undefined) return storedPart(place.entry, place, placeOf(value));
  if (!isObject(value)) return new PathPart(at, "inline", leafSize(value), [], undefined, value as Leaf);
  if (at !== undefined && at.length >= MAX_DEPTH) {
    return new PathPart(at, "inline", Buffer.byteLength(JSON.stringify(value)), []);
  }
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  const children = keys.map((key) => {
    const plain = plainKey(key);
    return partAt((value as never)[key], stepTo(at, plain), place?.below.get(plain));
  });
  return new PathPart(at, "inline", sumOf(children) + overheadOf(keys), children);
}

/**
 * Builds the part for a value that leaves.
 *
 * @param stored absent for a part inside another stored part
 */
function storedPart(entry: Entry, place: Place, stored: StoredPlace | undefined): Part {
  const children = innerOf(place).map((inner) => storedPart(inner.entry!, inner, undefined));
  const bytes = Math.max(entry.size, stored?.size ?? 0, sumOf(children));
  const at = entry.path.reduce<Step | undefined>(stepTo, undefined);
  return new PathPart(at, entry.kind, bytes, children, stored);
}

/** Returns the nearest places below whose values leave. */
function innerOf({ below }: Place): Place[] {
  return [...below.values()].flatMap((place) => (place.entry === undefined ? innerOf(place) : [place]));
}

/** Returns the bytes of a value that is no container, as JSON. */
export function leafSize(value: unknown): number {
  if (typeof value === "string") return stringSize(value);
  return typeof value === "number" ? numberSize(value) : String(value).length;
}

function placeOf(reference: unknown): StoredPlace | undefined {
  if (!isReference(reference)) return undefined;
  if (!("$storageRef" in reference)) return { object: reference.$bubuStorageRef, offset: 0, size: 0 };
  return { object: reference.$storageRef, offset: reference.$storageOffset ?? 0, size: reference.$storageSize };
}

/** Returns the bytes of brackets and commas, and for an object also those of keys and colons. */
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
