import type { Payload } from "@temporalio/common";
import type { DehydrateOptions, HydrateOptions } from "../../configure/options.js";
import { isStorageError, StorageError } from "../../errors/error.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { invalidReference } from "../../reference/location.js";
import { isReference } from "../../reference/references-in.js";
import { jsonIn } from "../messages/body-form.js";
import type { PayloadProtos } from "./protos.js";

const LARGEST_RESULT = 67_108_864;

/**
 * Stores payloads, each as a whole, in as few objects as the manager makes.
 *
 * @returns the text of a reference for each payload
 */
export function storePayloads(
  manager: StorageManager,
  protos: PayloadProtos,
  payloads: readonly Payload[],
  options: DehydrateOptions,
): Promise<string[]> {
  const bytes = payloads.map((payload) => protos.encode(payload));
  return inGroups(bytes, async (group) => {
    // These limits are deep and large enough to keep the list itself inline.
    const how = { ...options, maxEnvelopeSize: LARGEST_RESULT, maxRecursionDepth: 2 };
    const references = (await manager.dehydrate(group, how)) as unknown[];
    return references.map((reference) => JSON.stringify(reference));
  });
}

/**
 * Reads payloads by the texts of their references. All references are checked before the first read.
 *
 * @throws {StorageError} `INVALID_REFERENCE`; `DECODE_FAILED` for an object that is not a payload; as `hydrate` does
 */
export async function readPayloads(
  manager: StorageManager,
  protos: PayloadProtos,
  texts: readonly string[],
  options: HydrateOptions,
): Promise<Payload[]> {
  const references = texts.map(referenceIn);
  // No resolver returns payloads, so resolvers are not asked.
  const how = { ...options, resolvers: false as const };
  const values = await inGroups(references, (group) => manager.hydrate(group, how) as Promise<unknown[]>);
  return values.map((value) => {
    if (value instanceof Uint8Array) return protos.decode(value);
    throw new StorageError("DECODE_FAILED", "A stored object is not a payload of Temporal.", { operation: "hydrate" });
  });
}

function referenceIn(text: string): unknown {
  const value = jsonIn(text);
  if (!isReference(value)) throw invalidReference("the claim of a payload is not the text of a reference");
  return value;
}

/** Works on all items at once, or on halves if the call exceeds the manager's budgets for one call. */
async function inGroups<T, R>(items: readonly T[], work: (group: readonly T[]) => Promise<R[]>): Promise<R[]> {
  try {
    return await work(items);
  } catch (error) {
    if (items.length < 2 || !isStorageError(error, "BUDGET_EXCEEDED")) throw error;
    const half = Math.ceil(items.length / 2);
    return [...(await inGroups(items.slice(0, half), work)), ...(await inGroups(items.slice(half), work))];
  }
}
