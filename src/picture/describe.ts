import type { Part, PartKind } from "./byte-tree.js";

/** A description of each kind of part. */
export const KINDS: Readonly<Record<PartKind, string>> = {
  inline: "travels",
  json: "leaves as JSON",
  raw: "leaves as text",
  binary: "leaves as bytes",
};

const MAX_VALUE = 60;

/** Describes a part in words. */
export function descriptionOf(part: Part, showsValue: boolean): string {
  const { path, bytes, kind, stored, value } = part;
  const place = stored === undefined ? "" : `; in ${stored.object} at ${stored.offset}`;
  const shown = showsValue && value !== undefined ? `; ${JSON.stringify(value).slice(0, MAX_VALUE)}` : "";
  return `${path}: ${bytes} bytes, ${KINDS[kind]}${place}${shown}`;
}

/** Says how many values leave, and into how many objects. */
export function leaving(values: number, objects: number): string {
  return `${inNumber(values, "value leaves", "values leave")} for ${inNumber(objects, "object", "objects")}`;
}

function inNumber(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
