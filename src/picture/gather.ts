import type { Part, PartKind } from "./byte-tree.js";

/**
 * Returns the parts of a container that are each worth a rectangle, the heaviest first. Parts that are too small are
 * merged into one part for each kind.
 *
 * @param least bytes of the smallest part that can be seen
 */
export function visibleParts({ path, children }: Part, least: number): readonly Part[] {
  const first = children.findIndex(({ bytes }) => bytes < least);
  if (first === -1) return children;
  const small = new Map<PartKind, Part[]>();
  for (const part of children.slice(first)) {
    const alike = small.get(part.kind);
    if (alike === undefined) small.set(part.kind, [part]);
    else alike.push(part);
  }
  const gathered = [...small].map(([kind, parts]) =>
    parts.length === 1 ? parts[0]! : gatheredPart(path, kind, parts),
  );
  return [...children.slice(0, first), ...gathered].sort((one, other) => other.bytes - one.bytes);
}

function gatheredPart(path: string, kind: PartKind, parts: readonly Part[]): Part {
  const many = `${parts.length} small ones`;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { path: `${path}, ${many}`, key: many, kind, bytes, children: [] };
}
