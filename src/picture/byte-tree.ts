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
  readonly stored?: StoredPlace | undefined;
  /** The value of a leaf that travels. */
  readonly value?: Leaf | undefined;
}

type Leaf = string | number | boolean | null;

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

/** A place in a payload that leaves, or that something below leaves. */
interface Place {
  entry?: Entry;
  readonly below: Map<string | number, Place>;
}

/** The last key of a path, and those before it: paths that begin alike share it. */
interface Step {
  readonly before: Step | undefined;
  readonly key: string | number;
  /** How many keys. */
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

/** A part of which only those that are drawn ever need the text of their path. */
class PathPart implements Part {
  readonly children: readonly Part[];

  /** @param children in any order; the list is its own from now on */
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

/** @param place absent where nothing leaves, nor below */
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

/** @param stored unknown for what lies inside of another stored part */
function storedPart(entry: Entry, place: Place, stored: StoredPlace | undefined): Part {
  const children = innerOf(place).map((inner) => storedPart(inner.entry!, inner, undefined));
  const bytes = Math.max(entry.size, stored?.size ?? 0, sumOf(children));
  const at = entry.path.reduce<Step | undefined>(stepTo, undefined);
  return new PathPart(at, entry.kind, bytes, children, stored);
}

/** The next places below that leave. */
function innerOf({ below }: Place): Place[] {
  return [...below.values()].flatMap((place) => (place.entry === undefined ? innerOf(place) : [place]));
}

function leafSize(value: unknown): number {
  if (typeof value === "string") return stringSize(value);
  return typeof value === "number" ? numberSize(value) : String(value).length;
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
