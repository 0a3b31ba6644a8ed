import { URL } from "node:url";

/** The problem of an invalid endpoint, and the way to solve it. */
export const ENDPOINT_PROBLEM =
  'must be a URL of http or https with its scheme, and without credentials, such as "http://127.0.0.1:9000"';

/** Tells whether the SDK could send to this endpoint. A function can't be checked, and counts as valid. */
export function isEndpoint(endpoint: unknown): boolean {
  if (endpoint === undefined || typeof endpoint === "function") return true;
  if (typeof endpoint === "string") return URL.canParse(endpoint) && isPlain(new URL(endpoint));
  if (typeof endpoint !== "object" || endpoint === null) return false;
  if ("url" in endpoint) return isEndpoint(String(endpoint.url)); // endpoints of version 2: `{ url: URL }`
  return endpoint instanceof URL ? isPlain(endpoint) : "protocol" in endpoint && isHttp(String(endpoint.protocol));
}

// The SDK silently drops credentials in a URL, or does not sign with them.
function isPlain({ protocol, username, password }: URL): boolean {
  return isHttp(protocol) && username === "" && password === "";
}

function isHttp(protocol: string): boolean {
  return /^https?:?$/.test(protocol);
}
