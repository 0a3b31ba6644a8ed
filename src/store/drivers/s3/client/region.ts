/** The problem of an invalid region, and the way to solve it. */
export const REGION_PROBLEM = 'must be the name of a region, such as "eu-central-1"';

/** Tells whether the SDK would take this region (a label of a host name, RFC 1123, 2.1). A function counts as valid. */
export function isRegion(region: unknown): boolean {
  if (region === undefined || typeof region === "function") return true;
  return typeof region === "string" && /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(region);
}
