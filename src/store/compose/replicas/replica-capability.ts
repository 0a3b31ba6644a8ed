import { CAPABILITY_FLAGS, type Capability, type CapabilityFlag } from "../../capability.js";
import type { Replica } from "./replica.js";

// No two stores take part in one atomic step, and the etag of one store means nothing to another.
const CONDITIONS = ["ifNoneMatch", "ifMatch", "deleteIfMatch"] as const satisfies readonly CapabilityFlag[];

/**
 * Returns what holds for any of the stores: the features that all of them have, and the smallest of their limits.
 * Conditions hold over one store only.
 */
export function commonCapability(replicas: readonly Replica[]): Capability {
  const capabilities = replicas.map(({ store }) => store.capability);
  const flags = CAPABILITY_FLAGS.map((flag) => [flag, capabilities.every((capability) => capability[flag])] as const);
  const common = Object.fromEntries(flags) as Record<CapabilityFlag, boolean>;
  if (replicas.length > 1) for (const flag of CONDITIONS) common[flag] = false;
  const maxObjectSize = smallest(capabilities.map((capability) => capability.maxObjectSize));
  const maxPathLength = smallest(capabilities.map((capability) => capability.maxPathLength));
  return {
    ...common,
    ...(maxObjectSize !== undefined && { maxObjectSize }),
    ...(maxPathLength !== undefined && { maxPathLength }),
  };
}

function smallest(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
