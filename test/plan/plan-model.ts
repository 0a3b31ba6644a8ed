import type { PlannedEntry } from "../../src/plan/planned-entry.js";
import type { PayloadPlan, WalkOptions } from "../../src/plan/plan.js";
import { PayloadWalk } from "../../src/plan/walk.js";

export type Limits = Pick<WalkOptions, "maxInlineSize" | "maxEnvelopeSize" | "maxRecursionDepth">;

/** Walks a payload in one go. */
export function walkPayload(payload: unknown, options: WalkOptions): PayloadPlan {
  const walk = new PayloadWalk(payload, options);
  while (!walk.step());
  return walk.plan;
}

/** A plan in a form that can be compared and printed: contents are JSON texts. */
export interface ComparablePlan {
  readonly value: string | undefined;
  readonly size: number;
  readonly inlineSize: number;
  readonly entries: readonly {
    readonly path: readonly (string | number)[];
    readonly kind: PlannedEntry["kind"];
    readonly size: number;
    readonly storedSize: number;
    readonly content: string;
  }[];
}

/** UTF-8 bytes of JSON; 0 for what has none. */
export function jsonBytes(value: unknown): number {
  const json = JSON.stringify(value) as string | undefined;
  return json === undefined ? 0 : Buffer.byteLength(json);
}

/** A key as the native dialect writes it, by the rule of the wire format. */
function written(key: string): string {
  return /^\$+(storage|bubu)/.test(key) ? `$${key}` : key;
}

type Place = Pick<PlannedEntry, "path" | "kind" | "storedSize">;

function reference({ path, kind, storedSize }: Place): Record<string, string> {
  return { reference: `${kind} of ${storedSize} bytes at ${JSON.stringify(path)}` };
}

function defaultLimits(limits: Partial<Limits> = {}): Limits {
  return { maxInlineSize: 1024, maxEnvelopeSize: 262_144, maxRecursionDepth: 10, ...limits };
}

/** Walks a payload with a reference format of its own, so that the rules can be told apart from the wire format. */
export function planOf(payload: unknown, limits: Partial<Limits> = {}, options: Partial<WalkOptions> = {}) {
  const plan = walkPayload(payload, {
    ...defaultLimits(limits),
    maxSharedSize: 0,
    escapeKey: written,
    refusesLoss: false,
    keepsReference: () => false,
    referenceSize: (entry) => jsonBytes(reference(entry)),
    ...options,
  });
  for (const entry of plan.entries) Object.assign(entry.slot, reference(entry));
  return plan;
}

export function comparable(plan: ReturnType<typeof planOf>): ComparablePlan {
  return {
    value: JSON.stringify(plan.value),
    size: plan.size,
    inlineSize: plan.inlineSize,
    entries: plan.entries.map(({ path, kind, size, storedSize, content }) => ({
      path,
      kind,
      size,
      storedSize,
      content: contentText(content),
    })),
  };
}

function contentText(content: PlannedEntry["content"]): string {
  if ("source" in content) return Buffer.from(content.source as Uint8Array).toString("hex");
  return JSON.stringify("text" in content ? content.text : content.value);
}

interface Part {
  readonly kept: unknown;
  readonly whole: unknown;
  readonly left: boolean;
  readonly entries: ComparablePlan["entries"];
}

/**
 * The rules of dehydration said as plainly as can be: recursive, every size taken from a JSON text, every value copied.
 *
 * @param payload what `JSON.parse` gives, and bytes
 */
export function modelPlan(payload: unknown, limits: Partial<Limits> = {}): ComparablePlan {
  const { kept, entries } = decide(payload, [], defaultLimits(limits));
  return { value: JSON.stringify(kept), size: sizeBefore(payload), inlineSize: jsonBytes(kept), entries };
}

function decide(value: unknown, path: readonly (string | number)[], limits: Limits): Part {
  const { maxInlineSize, maxEnvelopeSize, maxRecursionDepth } = limits;
  const depth = path.length;
  if (value instanceof Uint8Array) {
    const part = leave({ kept: value, whole: value, left: false, entries: [] }, "binary", path, value);
    return { ...part, whole: part.kept };
  }
  if (typeof value === "string") {
    const stays = { kept: value, whole: value, left: false, entries: [] };
    const isDecided = depth <= maxRecursionDepth;
    return isDecided && jsonBytes(value) > Math.min(maxInlineSize, maxEnvelopeSize)
      ? leave(stays, "raw", path, value)
      : stays;
  }
  if (typeof value !== "object" || value === null) return { kept: value, whole: value, left: false, entries: [] };
  const part = Array.isArray(value)
    ? decideArray(value, path, limits)
    : decideObject(value as Record<string, unknown>, path, limits);
  if (depth > maxRecursionDepth) return part;
  const size = jsonBytes(part.kept);
  const isOneValue = depth === maxRecursionDepth || !part.left;
  if (size <= maxEnvelopeSize && !(isOneValue && size > maxInlineSize)) return part;
  return leave({ ...part, entries: part.entries.filter(({ kind }) => kind === "binary") }, "json", path, value);
}

function leave(part: Part, kind: PlannedEntry["kind"], path: readonly (string | number)[], value: unknown): Part {
  const storedSize = value instanceof Uint8Array ? value.byteLength : jsonBytes(part.whole);
  const content = value instanceof Uint8Array ? Buffer.from(value).toString("hex") : JSON.stringify(part.whole);
  const entry = { path, kind, size: sizeBefore(value), storedSize, content };
  return { ...part, kept: reference({ ...entry, path: [...path] }), left: true, entries: [...part.entries, entry] };
}

function decideArray(items: readonly unknown[], path: readonly (string | number)[], limits: Limits): Part {
  const parts = items.map((item, index) => decide(item, [...path, index], limits));
  return {
    kept: parts.map(({ kept }) => kept),
    whole: parts.map(({ whole }) => whole),
    left: parts.some(({ left }) => left),
    entries: parts.flatMap(({ entries }) => entries),
  };
}

function decideObject(object: Record<string, unknown>, path: readonly (string | number)[], limits: Limits): Part {
  const parts = Object.keys(object).map((key) => ({
    key: written(key),
    part: decide(object[key], [...path, key], limits),
  }));
  return {
    kept: Object.fromEntries(parts.map(({ key, part }) => [key, part.kept])),
    whole: Object.fromEntries(parts.map(({ key, part }) => [key, part.whole])),
    left: parts.some(({ part }) => part.left),
    entries: parts.flatMap(({ part }) => part.entries),
  };
}

/** Bytes of JSON, where binary counts with its own bytes. */
function sizeBefore(value: unknown): number {
  let bytes = 0;
  const json = JSON.stringify(value, (_key, inner: unknown) => {
    if (!(inner instanceof Uint8Array)) return inner;
    bytes += inner.byteLength - 1; // a digit stands for it
    return 0;
  }) as string | undefined;
  return json === undefined ? 0 : Buffer.byteLength(json) + bytes;
}
