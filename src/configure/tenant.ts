import { StorageError } from "../errors/error.js";
import { isReservedScope } from "../object/reserved-names.js";
import { locationBelow, locationProblem } from "../paths/location.js";
import { pathProblem } from "../paths/path.js";
import type { ManagerSettings } from "./settings.js";

/**
 * Returns the settings of the manager of one tenant.
 *
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function tenantSettings(settings: ManagerSettings, tenant: string): ManagerSettings {
  // A scope `b` of tenant `a` and a tenant `b` below `a` would have the same path.
  if (settings.tenant !== undefined)
    throw invalid("The manager of a tenant has no tenants; ask the one it was made by");
  const problem = tenantProblem(tenant);
  if (problem !== undefined) throw invalid(`This can't be a tenant: ${problem}`);
  const { outputPrefix, inputPrefix } = settings;
  return {
    ...settings,
    outputPrefix: tenantPrefix("outputPrefix", outputPrefix, tenant),
    inputPrefix: tenantPrefix("inputPrefix", inputPrefix, tenant),
    allow: [],
    audience: settings.signing === undefined ? undefined : tenantAudience(settings.audience, tenant),
    tenant,
  };
}

/**
 * Returns the audience of a tenant's references. A tenant holds no slash, so two different pairs never give the same
 * text.
 */
export function tenantAudience(audience: string | undefined, tenant: string): string {
  return audience === undefined ? tenant : `${audience}/${tenant}`;
}

function tenantProblem(tenant: unknown): string | undefined {
  const problem = pathProblem(tenant);
  if (problem !== undefined) return problem;
  if (isReservedScope(tenant as string)) return "it looks like an expiry label, or begins with .done or .coatcheck";
  return (tenant as string).includes("/") ? "it is more than one segment of a path" : undefined;
}

// The shortest path that a dehydration adds to a prefix: a scope, and an object named by its content.
const SHORTEST_OBJECT = `s/${"0".repeat(64)}.json`;

function tenantPrefix(option: string, prefix: string, tenant: string): string {
  const own = locationBelow(prefix, tenant);
  const problem = locationProblem(locationBelow(own, SHORTEST_OBJECT));
  if (problem === undefined) return own;
  throw invalid(`With this tenant, objects below ${option} have no valid path: ${problem}`);
}

function invalid(problem: string): StorageError {
  return new StorageError("CONFIG_INVALID", `${problem}.`, { operation: "configure" });
}
