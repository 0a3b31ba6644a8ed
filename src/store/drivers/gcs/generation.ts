import type { DriverCall } from "../driver-store.js";
import type { CallDetails } from "../../check.js";
import type { DeleteOptions, WriteOptions } from "../../store.js";
import { errorOf } from "./errors.js";

/** The query of a conditional request, and what its failure means. */
export interface GenerationCondition {
  query: { ifGenerationMatch?: string };
  condition: DriverCall["condition"];
}

/**
 * The condition of a write or delete, in generations: 0 stands for "no object".
 *
 * @throws {StorageError} `PRECONDITION_FAILED` for an etag that no object can have. Sent, `0` would mean the opposite.
 */
export function generationCondition(
  { ifNoneMatch, ifMatch }: Pick<WriteOptions, "ifNoneMatch" | "ifMatch"> & DeleteOptions,
  details: CallDetails,
): GenerationCondition {
  if (ifNoneMatch !== undefined) return { query: { ifGenerationMatch: "0" }, condition: "ifNoneMatch" };
  if (ifMatch === undefined) return { query: {}, condition: undefined };
  const generation = ifMatch.replace(/^"(.*)"$/, "$1");
  if (!isGeneration(generation)) throw errorOf("PRECONDITION_FAILED", details);
  return { query: { ifGenerationMatch: generation }, condition: "ifMatch" };
}

function isGeneration(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= 0x7fff_ffff_ffff_ffffn;
}
