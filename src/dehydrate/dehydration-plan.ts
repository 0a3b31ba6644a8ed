import { serialize } from "../json/serialize.js";
import type { PayloadPath } from "../plan/payload-path.js";
import type { PayloadPlan } from "../plan/plan.js";
import type { EntryKind, PlannedEntry } from "../plan/planned-entry.js";
import { layOut } from "./lay-out.js";
import type { PlannedPayload } from "./plan-payload.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import type { SourceOutcome } from "./streams/store-sources.js";

/**
 * Shows what a dehydration would do. It holds the payload with its keys and values, so do not write it to a log.
 * Printing it does not show `value`, but `JSON.stringify` does.
 */
export interface DehydrationPlan {
  /**
   * The payload as it would travel. It is made on first access, because it needs the digest of everything that
   * leaves.
   *
   * References to streams and Blobs are not final before these are read. The same is true for values that hold such
   * references. With codecs, no reference is final: each looks as it would without codecs, because nothing is encoded
   * before it is stored.
   */
  readonly value: unknown;
  /** The values that would leave. */
  readonly entries: readonly {
    /** Where the value stands in the payload. */
    readonly path: PayloadPath;
    readonly kind: EntryKind;
    /**
     * Bytes of the value's JSON, or of the binary. For a stream 0, because its length is not known before it is read.
     */
    readonly size: number;
  }[];
  /** Bytes of the payload's JSON before. Binary counts with its own bytes. */
  readonly size: number;
  /** Bytes of the payload's JSON after. An upper bound when a stream leaves, and with codecs. */
  readonly inlineSize: number;
}

/** Makes the view of a plan that users see. */
export function dehydrationPlan(planned: PlannedPayload, settings: DehydrateSettings): DehydrationPlan {
  const { plan } = planned;
  let isLaidOut = false;
  const value = (): unknown => {
    if (!isLaidOut) {
      // The objects are dropped, because only the filled-in references are needed.
      const objects = layOut(planned, settings, wholeSources(plan.entries));
      while (objects.next().done !== true);
      isLaidOut = true;
    }
    return plan.value;
  };
  return {
    get value() {
      return value();
    },
    entries: plan.entries.map((entry) => ({
      path: entry.path,
      kind: entry.kind,
      get size() {
        return entry.size;
      },
    })),
    get size() {
      return plan.size;
    },
    get inlineSize() {
      const isEncoded = settings.codecs.encodings.length > 0;
      const isFinal = !isEncoded && plan.entries.length > 0 && plan.entries.every(isThere);
      if (!isFinal) return plan.inlineSize;
      value();
      return inlineBytes(plan);
    },
  };
}

/** Returns the exact bytes of JSON of what stays. An upper bound where a changed payload can't be read any more. */
export function inlineBytes(plan: PayloadPlan): number {
  try {
    return Buffer.byteLength(serialize(plan.value, false));
  } catch {
    return plan.inlineSize;
  }
}

function isThere({ content }: PlannedEntry): boolean {
  return !("source" in content) || content.source instanceof Uint8Array;
}

const NOT_READ = new Uint8Array(0);

function wholeSources(entries: readonly PlannedEntry[]): Map<PlannedEntry, SourceOutcome> {
  const sources = new Map<PlannedEntry, SourceOutcome>();
  for (const entry of entries) {
    if (!("source" in entry.content)) continue;
    const { source } = entry.content;
    sources.set(entry, { bytes: source instanceof Uint8Array ? source : NOT_READ });
  }
  return sources;
}
