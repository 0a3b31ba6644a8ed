import { gunzipSync } from "node:zlib";
import { setOwn } from "../../../src/json/container.js";
import { referenceGrammar } from "../../../src/reference/grammar.js";
import { parseReference } from "../../../src/reference/reference.js";
import { parseSelector, select } from "../../../src/reference/selector.js";
import { sha256Digest } from "../../../src/bytes/digest.js";

/** The model has no value for it: it would be an error. */
class NoValue extends Error {}

const MOST_HOPS = 12;

/**
 * Hydration said in the simplest way: from the outside inwards, one reference after the other, from objects in memory. It
 * knows nothing of budgets; instead it gives up after more hops than a cycle-free input of the target has.
 */
export function hydratedByModel(
  value: unknown,
  objects: ReadonlyMap<string, Uint8Array>,
  isEscaped = true,
  hops = 0,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  const inner = (item: unknown): unknown => hydratedByModel(item, objects, isEscaped, hops);
  if (Array.isArray(value)) return value.map(inner);
  const record = value as Record<string, unknown>;
  if (referenceGrammar(record) !== undefined) return resolved(record, objects, hops);
  // Where data is escaped, nothing but a reference has that key.
  if (isEscaped && Object.hasOwn(record, "$storageRef") && typeof record["$storageRef"] === "string")
    throw new NoValue();
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(record)) {
    const name = isEscaped && /^\$\$+(?:storage|bubu)/.test(key) ? key.slice(1) : key;
    setOwn(copy, name, inner(item));
  }
  return copy;
}

function resolved(record: Record<string, unknown>, objects: ReadonlyMap<string, Uint8Array>, hops: number): unknown {
  if (hops > MOST_HOPS) throw new NoValue();
  const reference = parseReference(record, referenceGrammar(record)!);
  const { location, offset, size, digest, encoding, contentType, path } = reference;
  const selector = parseSelector(path ?? "");
  // Nothing has to be read to know an empty part.
  const object = objects.get(location.path) ?? (offset !== undefined && size === 0 ? new Uint8Array() : undefined);
  if (location.target !== undefined || !/^(?:outputs|inputs)(?:\/|$)/.test(location.path) || object === undefined) {
    throw new NoValue();
  }
  const entry = offset === undefined ? object : object.subarray(offset, offset + size!);
  if (size !== undefined && entry.byteLength !== size) throw new NoValue();
  if (digest !== undefined && sha256Digest(entry) !== digest) throw new NoValue();
  if (encoding !== undefined && encoding.join() !== "gzip") throw new NoValue();
  const bytes = encoding === undefined ? Buffer.from(entry) : gunzipSync(entry, { maxOutputLength: 1 << 20 });
  const isObject = contentType === undefined || ["application/json", "text/plain"].includes(contentType);
  if (location.path.endsWith(".bin") || !isObject) return select(new Uint8Array(bytes), selector);
  const stored = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const { contentType: kind, data, schema, schemaVersion } = Array.isArray(stored) ? ({} as typeof stored) : stored;
  const isTagged = [schema, schemaVersion].every((tag) => tag === undefined || typeof tag === "string");
  if (!isTagged || data === undefined) throw new NoValue();
  if (kind === "raw" && typeof data === "string") return select(data, selector);
  if (kind !== "json") throw new NoValue();
  return select(hydratedByModel(data, objects, reference.dialect === "native", hops + 1), selector);
}
