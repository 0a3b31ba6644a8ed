import type { Part } from "./byte-tree.js";

const KINDS: Readonly<Record<Part["kind"], string>> = {
  inline: "travels",
  json: "leaves as JSON",
  raw: "leaves as text",
  binary: "leaves as bytes",
};

const MAX_VALUE = 60;

/** What a part is, in words. */
export function descriptionOf(part: Part, showsValue: boolean): string {
  const { path, bytes, kind, stored, value } = part;
  const place = stored === undefined ? "" : `; in ${stored.object} at ${stored.offset}`;
  const shown = showsValue && value !== undefined ? `; ${JSON.stringify(value).slice(0, MAX_VALUE)}` : "";
  return `${path}: ${bytes} bytes, ${KINDS[kind]}${place}${shown}`;
}
