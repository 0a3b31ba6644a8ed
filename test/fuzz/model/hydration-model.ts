import { gunzipSync } from "node:zlib";
import { setOwn } from "../../../src/json/container.js";
import { referenceGrammar } from "../../../src/reference/grammar.js";
import { parseReference } from "../../../src/reference/reference.js";
import { parseSelector, type Selector } from "../../../src/reference/selector.js";
import { sha256Digest } from "../../../src/bytes/digest.js";

/** The model has no value for it: it would be an error. */
class NoValue extends Error {}

const MOST_HOPS = 12;

/** One level of a hydrated value. What lies below is hydrated when it is asked for: what a selector leaves out never is. */
type Level =
  { readonly items: readonly Lazy[] } | { readonly fields: ReadonlyMap<string, Lazy> } | { readonly scalar: unknown };
type Lazy = () => Level;

/**
 * Hydration said in the simplest way: from the outside inwards, one reference after the other, from objects in memory. It
 * knows nothing of budgets; instead it gives up after more hops than a cycle-free input of the target has.
 */
export function hydratedByModel(value: unknown, objects: ReadonlyMap<string, Uint8Array>): unknown {
  return whole(() => levelOf(value, objects, true, 0));
}

function whole(lazy: Lazy): unknown {
  const level = lazy();
  if ("scalar" in level) return level.scalar;
  if ("items" in level) return level.items.map(whole);
  const object: Record<string, unknown> = {};
  for (const [name, field] of level.fields) setOwn(object, name, whole(field));
  return object;
}

function levelOf(value: unknown, objects: ReadonlyMap<string, Uint8Array>, isEscaped: boolean, hops: number): Level {
  if (typeof value !== "object" || value === null) return { scalar: value };
  const inner = (item: unknown) => (): Level => levelOf(item, objects, isEscaped, hops);
  if (Array.isArray(value)) return { items: value.map(inner) };
  const record = value as Record<string, unknown>;
  if (referenceGrammar(record) !== undefined) return resolved(record, objects, hops);
  // Where data is escaped, nothing but a reference has that key.
  if (isEscaped && Object.hasOwn(record, "$storageRef") && typeof record["$storageRef"] === "string")
    throw new NoValue();
  const fields = new Map<string, Lazy>();
  for (const [key, item] of Object.entries(record)) {
    fields.set(isEscaped && /^\$\$+(?:storage|bubu)/.test(key) ? key.slice(1) : key, inner(item));
  }
  return { fields };
}

function selected(lazy: Lazy, selector: Selector, underEach = false): Level {
  const [step, ...rest] = selector;
  const level = lazy();
  if (step === undefined) return level;
  if (step.kind === "each") {
    if (!("items" in level)) throw new NoValue();
    return { items: level.items.map((item) => () => selected(item, rest, true)) };
  }
  if (!(step.kind === "field" ? "fields" in level : "items" in level)) throw new NoValue();
  const found = step.kind === "field" ? fieldOf(level, step.name) : itemOf(level, step.index);
  if (found !== undefined) return selected(found, rest, underEach);
  if (!underEach) throw new NoValue();
  return { scalar: null };
}

const fieldOf = (level: Level, name: string): Lazy | undefined =>
  "fields" in level ? level.fields.get(name) : undefined;
const itemOf = (level: Level, index: number): Lazy | undefined => ("items" in level ? level.items[index] : undefined);

function resolved(record: Record<string, unknown>, objects: ReadonlyMap<string, Uint8Array>, hops: number): Level {
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
  if (location.path.endsWith(".bin") || !isObject) return selected(() => ({ scalar: new Uint8Array(bytes) }), selector);
  const stored = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const { contentType: kind, data, schema, schemaVersion } = Array.isArray(stored) ? ({} as typeof stored) : stored;
  const isTagged = [schema, schemaVersion].every((tag) => tag === undefined || typeof tag === "string");
  if (!isTagged || data === undefined) throw new NoValue();
  if (kind === "raw" && typeof data === "string") return selected(() => ({ scalar: data }), selector);
  if (kind !== "json") throw new NoValue();
  return selected(() => levelOf(data, objects, reference.dialect === "native", hops + 1), selector);
}
