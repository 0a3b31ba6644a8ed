// Azure's metadata names are C# identifiers, and lose their case in headers. Our names consist of [a-z0-9-]. So a
// dash is written as "_", and a name that begins with a digit gets a "_" before it. A value that is empty or all
// tildes gets one more tilde, since an empty header may be dropped on the way.

/** Converts metadata to the form that Azure stores. */
export function toAzureMetadata(metadata: Record<string, string>): Record<string, string> {
  return map(metadata, toAzureName, (value) => (/^~*$/.test(value) ? `${value}~` : value));
}

/** Converts metadata of Azure back to the form in which they were written. */
export function fromAzureMetadata(metadata: Record<string, string>): Record<string, string> {
  return map(metadata, fromAzureName, (value) => (/^~+$/.test(value) ? value.slice(1) : value));
}

function toAzureName(key: string): string {
  return key.replaceAll("-", "_").replace(/^(?=\d)/, "_");
}

function fromAzureName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^_(?=\d)/, "")
    .replaceAll("_", "-");
}

function map(
  metadata: Record<string, string>,
  key: (key: string) => string,
  value: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map((entry) => [key(entry[0]), value(entry[1])]));
}
