import { formatLocation, type Location } from "../paths/location.js";
import type { SchemaTag } from "../schemas/schema-registry.js";
import type { Place } from "../reference/collect.js";
import type { Grammar } from "../reference/grammar.js";
import type { ParsedReference } from "../reference/reference.js";
import type { FoundOnTheWay } from "../reference/part-walk.js";
import type { Stage } from "../reference/stage.js";
import { cyclicReference } from "../reference/stored-entry.js";
import type { ReferenceResolver } from "../resolvers/resolver.js";
import type { WantedEntry } from "./reads/entry-reads.js";

/** The kind of reference that an object was recognised as. */
export type ReferenceKind = StorageReferenceKind | { readonly resolver: ReferenceResolver };

/**
 * A reference to an entry, and the entry that it was found in. The parent is absent for a reference in the payload
 * itself.
 */
export interface StorageReferenceKind {
  readonly grammar: Grammar;
  readonly parent: EntryNode | undefined;
  /** Whether the reference has a key that references don't have. */
  readonly isSpoilt?: true;
}

/** A reference that was found in a payload or in an entry. */
export type FoundReference = FoundOnTheWay<ReferenceKind>;

/** A reference to an entry, and its state in the hydration. */
export interface EntryNode {
  /** Where the finished value goes. */
  readonly place: Place;
  readonly parent: EntryNode | undefined;
  readonly reference: ParsedReference;
  /** The part of the entry that is selected. Absent for the whole entry. */
  readonly stage: Stage | undefined;
  readonly key: string;
  /** Holds the value until it is finished, so that values found inside it have a place to go. */
  readonly holder: Place;
  schema: SchemaTag | undefined;
  /** Whether the holder has the whole value, from which the part must still be selected. */
  isWhole: boolean;
  children: readonly FoundReference[];
}

/** The references of one level to one entry. */
export class EntryGroup implements WantedEntry {
  readonly nodes: EntryNode[];
  declaredSize: number | undefined;

  constructor(first: EntryNode) {
    this.nodes = [first];
    this.declaredSize = first.reference.size;
  }

  /** Whether several references select parts of the entry. Then none of them may keep the decoded value for itself. */
  get isShared(): boolean {
    return this.nodes.length > 1;
  }

  get key(): string {
    return this.nodes[0]!.key;
  }

  /** The first of the references. All state the same place of the entry. */
  get reference(): ParsedReference {
    return this.nodes[0]!.reference;
  }

  add(node: EntryNode): void {
    this.nodes.push(node);
    const { size } = node.reference;
    if (size !== undefined && size > (this.declaredSize ?? -1)) this.declaredSize = size;
  }
}

/** Groups references to the same entry. */
export function groupEntries(nodes: readonly EntryNode[]): EntryGroup[] {
  const groups = new Map<string, EntryGroup>();
  for (const node of nodes) {
    const group = groups.get(node.key);
    if (group === undefined) groups.set(node.key, new EntryGroup(node));
    else group.add(node);
  }
  return [...groups.values()];
}

/** Makes a place that is not part of any value yet. */
export function newHolder(): Place {
  return { container: [null], key: 0 };
}

export function valueOf(holder: Place): unknown {
  return (holder.container as unknown[])[0];
}

/** Checks that an entry does not lie inside itself. @throws {StorageError} `CYCLIC_REFERENCE` if it does */
export function assertOutside(key: string, parent: EntryNode | undefined, location: Location): void {
  for (let ancestor = parent; ancestor !== undefined; ancestor = ancestor.parent) {
    if (ancestor.key === key) throw cyclicReference("hydrate", formatLocation(location));
  }
}
