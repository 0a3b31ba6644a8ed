import type { PayloadPath } from "./payload-path.js";
import type { PlannedEntry } from "./planned-entry.js";
import type { StreamSource } from "./source.js";

/** The options that the decisions depend on. */
export interface WalkOptions {
  /** Bytes of JSON over which one value leaves. */
  maxInlineSize: number;
  /** Bytes of JSON over which a container leaves although something in it has left already. */
  maxEnvelopeSize: number;
  /** Bytes of JSON up to which an entry may share an object. Its exact size decides that. */
  maxSharedSize: number;
  /** Container levels that are decided on. A container below them is one unit. */
  maxRecursionDepth: number;
  /** Returns how a key of user data that begins with `$` is written. */
  escapeKey: (key: string) => string;
  /** Returns whether an object with a key beginning with `$` stays a reference. Otherwise it is data. */
  keepsReference: (value: Readonly<Record<string, unknown>>, path: () => PayloadPath) => boolean;
  /** Whether values that JSON loses, such as a `Map`, are refused. Otherwise they are written as JSON writes them. */
  refusesLoss: boolean;
  /** The keys of the payload itself, if they were listed a moment ago. Listing very many keys takes long. */
  keys?: readonly string[] | undefined;
  /** Called for every Blob and stream of the payload when it is found. */
  onSource?: ((source: StreamSource) => void) | undefined;
  /**
   * Returns the bytes of JSON of the reference that will replace an entry. An upper bound where the size is not
   * known.
   */
  referenceSize: (entry: PlannedEntry) => number;
}

/** The decisions of the walk. */
export interface PayloadPlan {
  /** The payload without what leaves. `undefined` when `JSON.stringify` would give `undefined`. */
  readonly value: unknown;
  /** The entries in the order in which they can be made. An entry comes before other entries that refer to it. */
  readonly entries: PlannedEntry[];
  /** Bytes of the payload's JSON before. Binary counts with its own bytes. The first access takes effort. */
  readonly size: number;
  /** Bytes of the payload's JSON after. It is an upper bound where references may come out shorter. */
  readonly inlineSize: number;
}
