import type { WriteOptions } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { plainError } from "../service-errors.js";

/** The condition of a request. */
export type GenerationQuery = Partial<Record<"ifGenerationMatch", string>>;

/**
 * Converts the condition of a write or delete to generations. Generation 0 means "no object".
 *
 * @throws {StorageError} `PRECONDITION_FAILED` for an etag that no object can have. If sent, `0` would mean the
 *   opposite.
 */
export function generationQuery(
  { ifNoneMatch, ifMatch }: Pick<WriteOptions, "ifNoneMatch" | "ifMatch">,
  call: DriverCall,
): GenerationQuery {
  if (ifNoneMatch !== undefined) return { ifGenerationMatch: "0" };
  if (ifMatch === undefined) return {};
  const generation = ifMatch.replace(/^"(.*)"$/, "$1");
  const isPossible = /^[1-9]\d{0,18}$/.test(generation) && BigInt(generation) <= 0x7fff_ffff_ffff_ffffn;
  if (!isPossible) throw plainError("PRECONDITION_FAILED", call);
  return { ifGenerationMatch: generation };
}
