import { URL } from "node:url";

/** What is wrong with an endpoint that is not one, and what to write. */
export const ENDPOINT_PROBLEM =
  'must be a URL of http or https with its scheme, and without credentials, such as "http://127.0.0.1:9000"';

/** Whether the SDK could send to this endpoint, as far as can be seen: of a function nothing can. */
export function isEndpoint(endpoint: unknown): boolean {
  if (endpoint === undefined || typeof endpoint === "function") return true;
  if (typeof endpoint === "string") return URL.canParse(endpoint) && isPlain(new URL(endpoint));
  if (typeof endpoint !== "object" || endpoint === null) return false;
  if ("url" in endpoint) return isEndpoint(String(endpoint.url)); // version 2 of endpoints: `{ url: URL }`
  return endpoint instanceof URL ? isPlain(endpoint) : "protocol" in endpoint && isHttp(String(endpoint.protocol));
}

// The SDK drops credentials in a URL without a word, or signs nothing by them.
function isPlain({ protocol, username, password }: URL): boolean {
  return isHttp(protocol) && username === "" && password === "";
}

function isHttp(protocol: string): boolean {
  return /^https?:?$/.test(protocol);
}
