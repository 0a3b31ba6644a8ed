import { splitLabelledPath } from "../object/expiry-label.js";
import { formatPayloadPath } from "../plan/payload-path.js";
import { referenceGrammar } from "../reference/grammar.js";
import { parseReference } from "../reference/reference.js";
import { referencesIn } from "../reference/references-in.js";
import type { Store } from "../store/store.js";

/** A reference in a payload. */
export interface ReferenceRow {
  /** Path of the reference in the payload: `$.items[3]`. */
  readonly at: string;
  /** Path of the object that the reference leads to. */
  readonly path: string;
  readonly contentType?: string;
  /** Bytes of the stored value. */
  readonly size?: number;
  readonly offset?: number;
  readonly encoding?: string;
  readonly schema?: string;
  readonly select?: string;
  readonly expires?: string;
  /** Whether the object exists. Absent without a store to ask. */
  readonly isThere?: boolean;
}

/** Yields the references in a payload, in their order. Asks the store for each object once. */
export async function* referenceRows(
  payload: unknown,
  store: Store | undefined,
  signal: AbortSignal,
): AsyncGenerator<ReferenceRow, void, undefined> {
  const asked = new Map<string, boolean>();
  for (const { path: at, reference } of referencesIn(payload)) {
    const fields = reference as unknown as Record<string, unknown>;
    const grammar = referenceGrammar(fields)!;
    const { contentType, size, offset, encoding, schema, path: select } = parseReference(fields, grammar);
    const path = String(fields[grammar.refKey]);
    const { expires } = splitLabelledPath(path);
    if (store !== undefined && !asked.has(path)) asked.set(path, (await store.stat(path, { signal })) !== undefined);
    yield {
      at: formatPayloadPath(at),
      path,
      ...defined({ contentType, size, offset, encoding: encoding?.join(","), schema }),
      ...defined({ select: typeof select === "string" ? select : undefined, isThere: asked.get(path) }),
      ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
    };
  }
}

function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
