import { createHash } from "node:crypto";
import stringify from "fast-json-stable-stringify";
import { isPlainObject } from "../json/is-object.js";

// Shared by the ESM and the CommonJS build, like the registry that uses these keys.
const IDENTITIES = Symbol.for("coatcheck.sharedManagers.identities");

interface Identities {
  readonly numbers: WeakMap<object, number>;
  last: number;
}

/**
 * Returns a key for what a configuration means, however it is written. Plain objects, lists and bytes count by their
 * content. Everything else that has an identity (functions, instances of classes) counts by its identity. The key is
 * a hash, so that it holds no credentials.
 */
export function configurationKey(...parts: readonly unknown[]): string {
  return createHash("sha256")
    .update(stringify(parts.map((part) => nameOf(part, []))))
    .digest("hex");
}

function nameOf(value: unknown, above: readonly object[]): unknown {
  if (typeof value === "function") return numberOf(value);
  if (typeof value !== "object" || value === null) return [typeof value, String(value)];
  if (ArrayBuffer.isView(value))
    return ["bytes", Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")];
  // A value that contains itself has no finite content to name.
  if (above.includes(value)) return numberOf(value);
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((item) => nameOf(item, within));
  if (!isPlainObject(value)) return numberOf(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, nameOf(field, within)]));
}

function numberOf(value: object): unknown {
  const identities = sharedIdentities();
  let number = identities.numbers.get(value);
  if (number === undefined) identities.numbers.set(value, (number = ++identities.last));
  return ["object", number];
}

function sharedIdentities(): Identities {
  const holder = globalThis as unknown as Record<symbol, Identities | undefined>;
  return (holder[IDENTITIES] ??= { numbers: new WeakMap(), last: 0 });
}
