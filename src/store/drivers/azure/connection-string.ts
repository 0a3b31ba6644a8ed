/**
 * Returns the problem of a connection string and the way to solve it, or `undefined` for a valid string. Repeats no
 * part of it.
 */
export function connectionStringProblem(text: string): string | undefined {
  const fields = new Map(
    text.split(";").flatMap((field): [string, string][] => {
      const equals = field.indexOf("=");
      return equals > 0 ? [[field.slice(0, equals).trim(), field.slice(equals + 1).trim()]] : [];
    }),
  );
  if (fields.get("UseDevelopmentStorage") === "true") return undefined;
  const endpoint = fields.get("BlobEndpoint");
  if (endpoint !== undefined && !isHttpUrl(endpoint)) return "must have an http or https URL as its BlobEndpoint";
  if (fields.has("SharedAccessSignature")) {
    return endpoint === undefined ? "must have a BlobEndpoint beside its SharedAccessSignature" : undefined;
  }
  if (!fields.get("AccountName") || !isBase64(fields.get("AccountKey"))) {
    return "must have an AccountName and an AccountKey in base64, or a BlobEndpoint and a SharedAccessSignature";
  }
  if (endpoint === undefined && !fields.get("EndpointSuffix")) {
    return "must have an EndpointSuffix, such as core.windows.net, or a BlobEndpoint";
  }
  return undefined;
}

/** Tells whether a value is base64 with its padding, the form in which the portal shows keys. */
export function isBase64(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol);
}
