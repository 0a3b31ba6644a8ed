import { serialize } from "../json/serialize.js";
import type { PayloadPath } from "../plan/payload-path.js";
import type { EntryKind, PlannedEntry } from "../plan/planned-entry.js";
import { layOut } from "./lay-out.js";
import type { PlannedPayload } from "./plan-payload.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import type { SourceOutcome } from "./streams/store-sources.js";

/**
 * What a dehydration would do. It is a view of the payload, its keys and values included: no text for a log. Printing it
 * does not show `value`, which `JSON.stringify` does.
 */
export interface DehydrationPlan {
  /**
   * The payload as it would travel. It is made when it is first asked for, since that takes the digest of all that
   * leaves. References to streams and Blobs, and to what holds such references, are not final before those are read; with
   * codecs, none is: they are as without, since nothing is encoded before it is stored.
   */
  readonly value: unknown;
  /** The values that would leave. */
  readonly entries: readonly {
    /** Where the value stands in the payload. */
    readonly path: PayloadPath;
    readonly kind: EntryKind;
    /** Bytes of the value's JSON, or of the binary; 0 for a stream, whose length is not known before it is read. */
    readonly size: number;
  }[];
  /** Bytes of the payload's JSON before; binary counts with its own bytes. */
  readonly size: number;
  /** Bytes of the payload's JSON after; at most that many when a stream leaves, and with codecs. */
  readonly inlineSize: number;
}

/** Shows a plan to users. */
export function dehydrationPlan(planned: PlannedPayload, settings: DehydrateSettings): DehydrationPlan {
  const { plan } = planned;
  let isLaidOut = false;
  const value = (): unknown => {
    if (!isLaidOut) {
      // What counts is that the references are filled in.
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
      return isFinal ? Buffer.byteLength(serialize(value(), false)) : plan.inlineSize;
    },
  };
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
