import { createHash } from "node:crypto";
import stringify from "fast-json-stable-stringify";
import { isPlainObject } from "../json/is-object.js";

// One for the ESM and the CommonJS build, as the registry that the keys are of.
const IDENTITIES = Symbol.for("coatcheck.sharedManagers.identities");

interface Identities {
  readonly numbers: WeakMap<object, number>;
  last: number;
}

/**
 * Names what a configuration means, not how it is said: plain objects, lists and bytes by what they hold, all else that
 * has an identity (functions, instances of classes) by that. Hashed, so that no credentials lie about.
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
  // What holds itself has no end that could be named.
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
