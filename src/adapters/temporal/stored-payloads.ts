import type { Payload } from "@temporalio/common";
import type { DehydrateOptions, HydrateOptions } from "../../configure/options.js";
import { isStorageError, StorageError } from "../../errors/error.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { invalidReference } from "../../reference/location.js";
import { isReference } from "../../reference/references-in.js";
import type { PayloadProtos } from "./protos.js";

const LARGEST_RESULT = 67_108_864;

/**
 * Stores payloads, each whole, in as few objects as the manager makes of them.
 *
 * @returns the text of a reference for each
 */
export function storePayloads(
  manager: StorageManager,
  protos: PayloadProtos,
  payloads: readonly Payload[],
  options: DehydrateOptions,
): Promise<string[]> {
  const bytes = payloads.map((payload) => protos.encode(payload));
  return inGroups(bytes, async (group) => {
    // Deep and large enough that the list itself stays.
    const how = { ...options, maxEnvelopeSize: LARGEST_RESULT, maxRecursionDepth: 2 };
    const references = (await manager.dehydrate(group, how)) as unknown[];
    return references.map((reference) => JSON.stringify(reference));
  });
}

/**
 * Reads payloads by the texts of their references, which are checked before any of them is read.
 *
 * @throws {StorageError} `INVALID_REFERENCE`; `DECODE_FAILED` for what no payload is; as `hydrate` does
 */
export async function readPayloads(
  manager: StorageManager,
  protos: PayloadProtos,
  texts: readonly string[],
  options: HydrateOptions,
): Promise<Payload[]> {
  const references = texts.map(referenceIn);
  // What can't travel on need not be asked for: resolvers stand for no payloads.
  const how = { ...options, resolvers: false as const };
  const values = await inGroups(references, (group) => manager.hydrate(group, how) as Promise<unknown[]>);
  return values.map((value) => {
    if (value instanceof Uint8Array) return protos.decode(value);
    throw new StorageError("DECODE_FAILED", "A stored object is not a payload of Temporal.", { operation: "hydrate" });
  });
}

function referenceIn(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // It is refused below.
  }
  if (!isReference(value)) throw invalidReference("the claim of a payload is not the text of a reference");
  return value;
}

/** Does the work in halves where all at once are more than the manager's budgets of one call allow. */
async function inGroups<T, R>(items: readonly T[], work: (group: readonly T[]) => Promise<R[]>): Promise<R[]> {
  try {
    return await work(items);
  } catch (error) {
    if (items.length < 2 || !isStorageError(error, "BUDGET_EXCEEDED")) throw error;
    const half = Math.ceil(items.length / 2);
    return [...(await inGroups(items.slice(0, half), work)), ...(await inGroups(items.slice(half), work))];
  }
}
