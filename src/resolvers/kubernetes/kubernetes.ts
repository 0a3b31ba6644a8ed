import { abortable, throwIfAborted } from "../../async/abort.js";
import { isStorageError, StorageError, type StorageErrorCode, type StorageErrorDetails } from "../../errors/error.js";
import { hasMethods } from "../../options/fields.js";
import { uncheckedOption } from "../../options/parse-options.js";
import type { KubernetesClient } from "./kubernetes-client.js";
import { KubernetesFailure } from "./kubernetes-failure.js";
import { isNamespace, parseKubernetesReference, type KubernetesReference } from "./kubernetes-reference.js";
import { configMapValue, decodeValue, secretValue, type EncodedValue } from "./kubernetes-value.js";
import type { ReferenceResolver } from "../resolver.js";

/** Options of {@link kubernetesResolvers}. */
export interface KubernetesResolverOptions {
  /** Reads the objects. `kubernetesClient(api)` adapts the official client. */
  client: KubernetesClient;
  /** The namespace of the workload, and the only one that is read. */
  namespace: string;
}

/**
 * Makes resolvers for `{ "$bubuSecretRef": ... }` and `{ "$bubuConfigMapRef": ... }`. The value of such a key is
 * `"name:key"`, `"namespace/name:key"` or `{ name, key, namespace?, format? }`. The format says how the stored value
 * is decoded:
 * - `auto` (default): JSON where it parses, text elsewhere, `""` for a blank value
 * - `json`
 * - `raw`: text
 *
 * A malformed reference fails with `INVALID_REFERENCE`, and another namespace with `REFERENCE_DENIED`, both before any
 * I/O. A missing object or key is `NOT_FOUND`. A refusal by the API server is `PERMISSION_DENIED`. A value that can't
 * be decoded is `DECODE_FAILED`. Values appear in no message. `path` says which object it was: `namespace/name:key`.
 * Every reference is read again, because nothing is cached.
 *
 * @throws {StorageError} `CONFIG_INVALID` for an invalid client or namespace
 *
 * @example
 * new StorageManager({ store, resolvers: kubernetesResolvers({ client, namespace: "orders" }) });
 */
export function kubernetesResolvers(options: KubernetesResolverOptions): ReferenceResolver[] {
  const { client, namespace } = checkedOptions(options);
  return [
    resolver({
      key: "$bubuSecretRef",
      object: "Secret",
      namespace,
      read: (reference, signal) => client.readSecret(reference.namespace, reference.name, { signal }),
      valueOf: secretValue,
    }),
    resolver({
      key: "$bubuConfigMapRef",
      object: "ConfigMap",
      namespace,
      read: (reference, signal) => client.readConfigMap(reference.namespace, reference.name, { signal }),
      valueOf: configMapValue,
    }),
  ];
}

function invalidOption(problem: string): StorageError {
  return new StorageError("CONFIG_INVALID", `The option ${problem}.`, { operation: "configure" });
}

const isClient = hasMethods("readSecret", "readConfigMap");

function checkedOptions(options: Partial<KubernetesResolverOptions> | undefined): KubernetesResolverOptions {
  const client = uncheckedOption(options, "client");
  const namespace = uncheckedOption(options, "namespace");
  if (!isClient(client)) {
    throw invalidOption('"client" must have the methods readSecret and readConfigMap');
  }
  if (typeof namespace !== "string" || !isNamespace(namespace)) {
    throw invalidOption('"namespace" must be the name of a Kubernetes namespace');
  }
  return { client: client as KubernetesClient, namespace };
}

/** One kind of Kubernetes reference. */
interface KubernetesKind<T> {
  key: string;
  /** The name of this kind of object, for messages. */
  object: string;
  namespace: string;
  read(reference: KubernetesReference, signal: AbortSignal): Promise<T | undefined>;
  valueOf(object: T, key: string): EncodedValue | undefined;
}

function resolver<T>(kind: KubernetesKind<T>): ReferenceResolver {
  return {
    key: kind.key,
    async resolve(value, { signal }) {
      const reference = parseKubernetesReference(kind.key, value[kind.key], kind.namespace);
      const { namespace, name, key, format } = reference;
      const details = { operation: "resolve", store: "kubernetes", path: `${namespace}/${name}:${key}` };
      const object = await readObject(kind, reference, signal, details);
      if (object === undefined) throw missing(`The ${kind.object} that the reference names does not exist.`, details);
      const encoded = kind.valueOf(object, key);
      if (encoded === undefined) throw missing(`The ${kind.object} has not the key that the reference names.`, details);
      return decodeValue(encoded, format, details);
    },
  };
}

async function readObject<T>(
  kind: KubernetesKind<T>,
  reference: KubernetesReference,
  signal: AbortSignal,
  details: StorageErrorDetails,
): Promise<T | undefined> {
  throwIfAborted(signal, details);
  const read = async (): Promise<T | undefined> => kind.read(reference, signal);
  try {
    return await abortable(read(), signal);
  } catch (error) {
    throwIfAborted(signal, details);
    if (isStorageError(error)) throw error;
    const cause = new KubernetesFailure(error);
    const code = codeOf(cause);
    if (code === "NOT_FOUND") return undefined;
    const message = `The ${kind.object} that the reference names can't be read: ${cause.message}.`;
    throw new StorageError(code, message, { ...details, cause });
  }
}

// Codes that Node's sockets and resolver report when the API server was not reached.
const UNREACHED: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Returns why a request failed, by the HTTP status or the system's error code. */
function codeOf({ code, httpStatus: status }: KubernetesFailure): StorageErrorCode {
  if (UNREACHED.has(code)) return "UNAVAILABLE";
  if (code === "ETIMEDOUT") return "TIMEOUT";
  if (status === undefined) return "UNEXPECTED";
  if (status === 401 || status === 403) return "PERMISSION_DENIED";
  if (status === 404) return "NOT_FOUND";
  if (status === 429) return "THROTTLED";
  if (status === 408 || status === 504) return "TIMEOUT";
  return status >= 500 ? "UNAVAILABLE" : "UNEXPECTED";
}

function missing(message: string, details: StorageErrorDetails): StorageError {
  return new StorageError("NOT_FOUND", message, details);
}
