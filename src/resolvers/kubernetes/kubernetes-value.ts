import { StorageError, type StorageErrorDetails } from "../../errors/error.js";
import type { KubernetesConfigMap, KubernetesSecret } from "./kubernetes-client.js";
import type { KubernetesFormat } from "./kubernetes-reference.js";

/** The value of one key as the API returns it. */
export interface EncodedValue {
  value: unknown;
  isBase64: boolean;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Returns the value of a key of a Secret, if the Secret has the key. */
export function secretValue(secret: KubernetesSecret, key: string): EncodedValue | undefined {
  return ownValue(secret.data, key, true);
}

/**
 * Returns the value of a key of a ConfigMap, if the ConfigMap has the key. Kubernetes allows a key in only one of the
 * two maps.
 */
export function configMapValue(configMap: KubernetesConfigMap, key: string): EncodedValue | undefined {
  return ownValue(configMap.data, key, false) ?? ownValue(configMap.binaryData, key, true);
}

/**
 * Decodes a value: base64, then UTF-8, then the format.
 *
 * @throws {StorageError} `DECODE_FAILED`, without a cause, because the message of a parser may quote the value
 */
export function decodeValue(encoded: EncodedValue, format: KubernetesFormat, details: StorageErrorDetails): unknown {
  const text = decodeText(encoded, details);
  switch (format) {
    case "raw":
      return text;
    case "json": {
      const parsed = parseJson(text);
      if (parsed === undefined) throw undecodable("it is not JSON", details);
      return parsed;
    }
    case "auto": {
      const trimmed = text.trim();
      const parsed = trimmed === "" ? "" : parseJson(trimmed);
      return parsed === undefined ? text : parsed;
    }
  }
}

function ownValue(data: Record<string, unknown> | undefined, key: string, isBase64: boolean): EncodedValue | undefined {
  return data !== undefined && Object.hasOwn(data, key) ? { value: data[key], isBase64 } : undefined;
}

function decodeText({ value, isBase64 }: EncodedValue, details: StorageErrorDetails): string {
  if (typeof value !== "string") throw undecodable("it is not a string", details);
  if (!isBase64) return value;
  // Buffer.from skips characters that are not base64, and would return half a value.
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw undecodable("it is not base64", details);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(value, "base64"));
  } catch {
    throw undecodable("it is not UTF-8 text", details);
  }
}

/** Returns the parsed text, or `undefined` when it is not JSON. No JSON text parses to `undefined`. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function undecodable(problem: string, details: StorageErrorDetails): StorageError {
  return new StorageError("DECODE_FAILED", `The value that the reference names can't be decoded: ${problem}.`, details);
}
