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
  return partAt(plan.value, [], root);
}

type Entry = DehydrationPlan["entries"][number];

/** A place in a payload that leaves, or that something below leaves. */
interface Place {
  entry?: Entry;
  readonly below: Map<string | number, Place>;
}

/** A part of which only those that are drawn ever need the text of their path. */
class PathPart implements Part {
  declare readonly stored?: StoredPlace;
  declare readonly value?: string | number | boolean | null;
  readonly children: readonly Part[];

  constructor(
    private readonly at: PayloadPath,
    readonly kind: PartKind,
    readonly bytes: number,
    children: readonly Part[],
    more: Pick<Part, "stored" | "value"> = {},
  ) {
    this.children = [...children].sort((one, other) => other.bytes - one.bytes);
    Object.assign(this, more);
  }

  get path(): string {
    return formatPayloadPath(this.at);
  }

  get key(): string {
    return String(this.at.at(-1) ?? "$");
  }
}

/** @param place absent where nothing leaves, nor below */
function partAt(value: unknown, path: PayloadPath, place: Place | undefined): Part {
  if (place?.entry !== undefined) return storedPart(place.entry, place, placeOf(value));
  if (!isObject(value)) return new PathPart(path, "inline", leafSize(value), [], { value: value as string });
  if (path.length >= MAX_DEPTH) {
    return new PathPart(path, "inline", Buffer.byteLength(JSON.stringify(value)), []);
  }
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value);
  const children = keys.map((key) => {
    const plain = plainKey(key);
    return partAt((value as never)[key], [...path, plain], place?.below.get(plain));
  });
  return new PathPart(path, "inline", sumOf(children) + overheadOf(keys), children);
}

/** @param stored unknown for what lies inside of another stored part */
function storedPart(entry: Entry, place: Place, stored: StoredPlace | undefined): Part {
  const children = innerOf(place).map((inner) => storedPart(inner.entry!, inner, undefined));
  const bytes = Math.max(entry.size, stored?.size ?? 0, sumOf(children));
  return new PathPart(entry.path, entry.kind, bytes, children, stored === undefined ? {} : { stored });
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
