import type { PayloadPath } from "./payload-path.js";
import type { PlannedEntry } from "./planned-entry.js";
import type { StreamSource } from "./source.js";

/** What the decisions depend on. */
export interface WalkOptions {
  /** Bytes of JSON over which one value leaves. */
  maxInlineSize: number;
  /** Bytes of JSON over which a container leaves although something in it has left already. */
  maxEnvelopeSize: number;
  /** Container levels that are decided on; a container below them is one unit. */
  maxRecursionDepth: number;
  /** How a key of user data that begins with `$` is written. */
  escapeKey: (key: string) => string;
  /** Whether an object that has a key beginning with `$` stays as the reference it is; otherwise it is data. */
  keepsReference: (value: Readonly<Record<string, unknown>>, path: () => PayloadPath) => boolean;
  /** Whether values of which JSON keeps nothing, such as a `Map`, are refused, or written as JSON has them. */
  refusesLoss: boolean;
  /** The keys of the payload itself, where they were listed a moment ago: to list very many takes long. */
  keys?: readonly string[] | undefined;
  /** Is told of every Blob and stream of the payload, once it is found. */
  onSource?: ((source: StreamSource) => void) | undefined;
  /** Bytes of JSON of the reference that will stand for an entry; at least the real number where that is not known. */
  referenceSize: (entry: PlannedEntry) => number;
}
