import type { GcsFeatures, ParsedGcsOptions } from "./options.js";

/** Finds out what the server and the credentials can do, as far as possible without asking them. */
export function gcsFeatures(options: ParsedGcsOptions): GcsFeatures {
  const google = isGoogleEndpoint(options);
  const { capability = {} } = options;
  return {
    ifNoneMatch: capability.ifNoneMatch ?? google,
    ifMatch: capability.ifMatch ?? google,
    deleteIfMatch: capability.deleteIfMatch ?? google,
    chunkedUpload: capability.chunkedUpload ?? google,
    presign: capability.presign ?? (google && hasPrivateKey(options)),
  };
}

/** Tells whether requests go to Google itself, as far as the options and the environment show. */
export function isGoogleEndpoint({ client, clientConfig = {} }: ParsedGcsOptions): boolean {
  if (client !== undefined) return !client.customEndpoint || isGoogleHost(client.apiEndpoint, client.universeDomain);
  // The library looks in the same order.
  const endpoint = clientConfig.apiEndpoint ?? process.env["STORAGE_EMULATOR_HOST"];
  return endpoint === undefined || isGoogleHost(endpoint, clientConfig.universeDomain);
}

// Regional, private and restricted endpoints are names below the same domain.
function isGoogleHost(endpoint: string, universe = "googleapis.com"): boolean {
  const url = /^\w*:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(url)) return false;
  const host = `.${new URL(url).hostname}`;
  return host.endsWith(".googleapis.com") || host.endsWith(`.${universe}`);
}

function hasPrivateKey({ client, clientConfig }: ParsedGcsOptions): boolean {
  const credentials: unknown = client === undefined ? clientConfig?.credentials : client.authClient.jsonContent;
  if (typeof credentials !== "object" || credentials === null) return false;
  const { client_email, private_key } = credentials as Partial<Record<string, unknown>>;
  return typeof client_email === "string" && typeof private_key === "string";
}
