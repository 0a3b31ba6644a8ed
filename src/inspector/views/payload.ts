import { isStorageError } from "../../errors/error.js";
import { renderSvg } from "../../picture/render-svg.js";
import { formatPayloadPath } from "../../plan/payload-path.js";
import { isReference, referencesIn } from "../../reference/references-in.js";
import { Refusal } from "../answers.js";
import type { View, Visit } from "../visit.js";
import { referenceRow } from "./objects.js";

const MAX_ENTRIES = 500;
const MAX_REFERENCES = 500;

/**
 * Answers for a pasted payload. The answer has the values that would leave, a picture, and the references already in
 * the payload.
 */
export const plan: View = (visit) => {
  const found = [...referencesIn(visit.body)];
  return {
    ...planOf(visit),
    references: found.slice(0, MAX_REFERENCES).map(referenceRow),
    moreReferences: Math.max(found.length - MAX_REFERENCES, 0),
  };
};

/**
 * Plans the payload. A manager may refuse a payload that is already dehydrated. The view still shows its references,
 * so the refusal is a part of the answer.
 */
function planOf({ manager, body }: Visit): object {
  try {
    const planned = manager.plan(body);
    const { size, inlineSize, entries } = planned;
    const told = entries.slice(0, MAX_ENTRIES).map((entry) => ({ ...entry, path: formatPayloadPath(entry.path) }));
    const moreEntries = Math.max(entries.length - MAX_ENTRIES, 0);
    return { size, inlineSize, entries: told, moreEntries, svg: renderSvg(planned) };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return { problem: { code: error.code, message: error.message } };
  }
}

/** Resolves one reference, within the budget of a click. */
export const resolve: View = async ({ manager, body, budget, signal }) => {
  const reference = (body as { reference?: unknown } | null)?.reference;
  if (!isReference(reference)) throw new Refusal(400, "BAD_REQUEST", "This is no reference.");
  const { maxBytes, maxReferences } = budget;
  // A click does not resolve kinds of reference without a signature, such as a reference to a Secret.
  const value: unknown = await manager.hydrate(reference, { maxBytes, maxReferences, resolvers: false, signal });
  const text = value instanceof Uint8Array ? `${value.byteLength} bytes` : JSON.stringify(value, bytesAsCount, 2);
  return { text: text.slice(0, maxBytes), isBinary: value instanceof Uint8Array };
};

function bytesAsCount(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const given = this[key];
  return given instanceof Uint8Array ? `(${given.byteLength} bytes)` : value;
}
