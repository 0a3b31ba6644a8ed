import { StorageError } from "../../errors/error.js";

/** How the value of a key is decoded. `auto` means JSON where the value parses, and text elsewhere. */
export type KubernetesFormat = "auto" | "json" | "raw";

/** A checked reference to one key of a Secret or ConfigMap. */
export interface KubernetesReference {
  namespace: string;
  name: string;
  key: string;
  format: KubernetesFormat;
}

const FIELDS: ReadonlySet<string> = new Set(["name", "key", "namespace", "format"]);
const FORMATS: ReadonlySet<string> = new Set<KubernetesFormat>(["auto", "json", "raw"]);

// RFC 1123, as Kubernetes applies it to the names of namespaces (a label) and of objects (labels joined by dots).
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const MAX_LABEL_LENGTH = 63;
const MAX_NAME_LENGTH = 253;
const KEY = /^[-._a-zA-Z0-9]+$/;

/** Returns whether `name` can be the name of a namespace. */
export function isNamespace(name: string): boolean {
  return name.length <= MAX_LABEL_LENGTH && LABEL.test(name);
}

/**
 * Reads the value under `$bubuSecretRef` or `$bubuConfigMapRef`. It is `"name:key"`, `"namespace/name:key"`, or an
 * object with `name`, `key` and optionally `namespace` and `format`. Outer spaces are ignored. A blank namespace or
 * format counts as absent.
 *
 * @param namespace the only namespace that may be read
 * @throws {StorageError} `INVALID_REFERENCE` for a malformed value, `REFERENCE_DENIED` for another namespace
 */
export function parseKubernetesReference(kind: string, value: unknown, namespace: string): KubernetesReference {
  const parts = typeof value === "string" ? splitText(kind, value) : readFields(kind, value);
  const { name, key } = parts;
  const format = (parts.format === "" ? "auto" : parts.format).toLowerCase();
  if (name.length > MAX_NAME_LENGTH || !name.split(".").every((label) => LABEL.test(label))) {
    throw invalid(kind, "its name is not the name of a Kubernetes object");
  }
  if (key.length > MAX_NAME_LENGTH || !KEY.test(key)) throw invalid(kind, "its key is not [-._a-zA-Z0-9]+");
  if (!isFormat(format)) throw invalid(kind, 'its format is not "auto", "json" or "raw"');
  if (parts.namespace !== "" && parts.namespace !== namespace) {
    throw new StorageError(
      "REFERENCE_DENIED",
      `A ${kind} reference names another namespace than the own one. Only that of the option "namespace" is read.`,
      { operation: "resolve" },
    );
  }
  return { namespace, name, key, format };
}

type Parts = Record<"namespace" | "name" | "key" | "format", string>;

function splitText(kind: string, text: string): Parts {
  const colon = text.indexOf(":");
  if (colon === -1) throw invalid(kind, 'it is not "name:key" or "namespace/name:key"');
  const object = text.slice(0, colon);
  const slash = object.indexOf("/");
  return {
    namespace: object.slice(0, Math.max(slash, 0)).trim(),
    name: object.slice(slash + 1).trim(),
    key: text.slice(colon + 1).trim(),
    format: "",
  };
}

function readFields(kind: string, value: unknown): Parts {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(kind, "it is neither a string nor an object");
  }
  const parts: Parts = { namespace: "", name: "", key: "", format: "" };
  for (const [field, part] of Object.entries(value) as [string, unknown][]) {
    if (!FIELDS.has(field)) throw invalid(kind, "it has a field other than name, key, namespace and format");
    if (typeof part !== "string") throw invalid(kind, `its ${field} is not a string`);
    parts[field as keyof Parts] = part.trim();
  }
  return parts;
}

function isFormat(format: string): format is KubernetesFormat {
  return FORMATS.has(format);
}

function invalid(kind: string, problem: string): StorageError {
  return new StorageError("INVALID_REFERENCE", `A ${kind} reference is malformed: ${problem}.`, {
    operation: "resolve",
  });
}
