import { StorageError } from "../errors/error.js";
import { isPlainObject } from "../json/is-object.js";
import { assertStandardSchema, validate, type StandardSchemaV1 } from "./standard-schema.js";

/** The schema of a value, as its reference or stored object names it. */
export interface SchemaTag {
  schema: string;
  /** An absent version means `""`. */
  schemaVersion?: string | undefined;
}

/**
 * Converts a value of one version into a value of another; may be asynchronous. It gets the output of its version's
 * schema, if that version is registered. It may change the value in place.
 */
// The type of a method, whose parameter TypeScript compares both ways. So a function may name the type that it takes.
export type SchemaUpgrade = { upgrade(value: unknown): unknown }["upgrade"];

interface SchemaFamily {
  schemas: Map<string, StandardSchemaV1>;
  /** The version that was registered last. */
  current: string | undefined;
  /** By the source version, then by the target version. */
  upgrades: Map<string, Map<string, SchemaUpgrade>>;
}

/**
 * The schemas that validate tagged values on hydration. The current version of a schema is the one that was registered
 * last. Values of other versions are upgraded to it. Versions are names, and their order is the order of registration.
 *
 * @example
 * const schemas = new SchemaRegistry()
 *   .register("order", "1", z.object({ id: z.number() }))
 *   .register("order", "2", z.object({ id: z.string() }))
 *   .upgrade("order", "1", "2", (order: { id: number }) => ({ ...order, id: String(order.id) }));
 */
export class SchemaRegistry {
  readonly #families = new Map<string, SchemaFamily>();

  /**
   * Registers a version of a schema, and makes it the current one.
   *
   * @param version `""` or `undefined` for a schema without versions
   * @throws {StorageError} `CONFIG_INVALID` for a blank name, a version that was registered before, or a schema that
   *   is no Standard Schema
   */
  register(name: string, version: string | undefined, schema: StandardSchemaV1): this {
    const family = this.#family(name);
    const checkedVersion = checkVersion(version);
    assertStandardSchema(schema);
    if (family.schemas.has(checkedVersion)) {
      throw invalid(`The schema ${versioned(name, checkedVersion)} is registered already.`);
    }
    family.schemas.set(checkedVersion, schema);
    family.current = checkedVersion;
    return this;
  }

  /** Returns whether a schema has a registered version, so that {@link SchemaRegistry.check} validates its values. */
  has(name: string): boolean {
    return this.#families.get(name)?.current !== undefined;
  }

  /**
   * Says how a value of version `from` becomes a value of version `to`. Neither version needs to be registered. Values
   * of a version that is not registered are not validated on the way.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a blank name, equal versions, a pair that was given before, or a
   *   missing function
   */
  upgrade(name: string, from: string | undefined, to: string | undefined, fn: SchemaUpgrade): this {
    const family = this.#family(name);
    const [source, target] = [checkVersion(from), checkVersion(to)];
    if (source === target) throw invalid(`The schema ${versioned(name, source)} can't be upgraded to itself.`);
    if (typeof fn !== "function") throw invalid("The upgrade of a schema must be a function.");
    const targets = family.upgrades.get(source) ?? new Map<string, SchemaUpgrade>();
    if (targets.has(target)) {
      throw invalid(`The schema ${versioned(name, source)} has an upgrade to version ${quote(target)} already.`);
    }
    targets.set(target, fn);
    family.upgrades.set(source, targets);
    return this;
  }

  /**
   * Validates a value with the schema in its tag. A value of another version is upgraded to the current version by the
   * fewest steps. It is validated at each registered version on the way, including the first and the last.
   *
   * @returns the output of the current version's schema; the value itself when no schema of this name is registered
   * @throws {StorageError} `SCHEMA_MISMATCH` when the value does not match, its version can't be upgraded, or an
   *   upgrade fails. The message holds the versions and the paths of the issues, and nothing of the value.
   *   `CONFIG_INVALID` for an invalid tag
   */
  async check(tag: SchemaTag, value: unknown): Promise<unknown> {
    assertTag(tag);
    const family = this.#families.get(tag.schema);
    if (family?.current === undefined) return value;
    const name = tag.schema;
    const route = shortestRoute(family, tag.schemaVersion ?? "", family.current);
    if (route === undefined) {
      throw new StorageError(
        "SCHEMA_MISMATCH",
        `A value of the schema ${versioned(name, tag.schemaVersion ?? "")} has no upgrade to version ${quote(family.current)}. Add one by upgrade() of the registry.`,
        { operation: "validate" },
      );
    }
    let current = value;
    for (const [step, version] of route.entries()) {
      if (step > 0) current = await applyUpgrade(family, name, route[step - 1]!, version, current);
      const schema = family.schemas.get(version);
      if (schema !== undefined) current = await validate(schema, current, label(name, version, route[0]!));
    }
    return current;
  }

  #family(name: string): SchemaFamily {
    if (typeof name !== "string" || name.trim() === "") throw invalid("The name of a schema must be a text.");
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const family: SchemaFamily = { schemas: new Map(), current: undefined, upgrades: new Map() };
    this.#families.set(name, family);
    return family;
  }
}

/**
 * Returns the versions from `from` to `to`, both included, by the fewest upgrades. The upgrade that was added first
 * wins a tie.
 */
function shortestRoute(family: SchemaFamily, from: string, to: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  // A Map is iterated in the order of insertion, including new keys. So it is its own queue.
  for (const version of cameFrom.keys()) {
    if (version === to) return routeTo(to, cameFrom);
    for (const next of family.upgrades.get(version)?.keys() ?? []) {
      if (!cameFrom.has(next)) cameFrom.set(next, version);
    }
  }
  return undefined;
}

function routeTo(version: string, cameFrom: ReadonlyMap<string, string | undefined>): string[] {
  const route: string[] = [];
  for (let at: string | undefined = version; at !== undefined; at = cameFrom.get(at)) route.unshift(at);
  return route;
}

async function applyUpgrade(
  family: SchemaFamily,
  name: string,
  from: string,
  to: string,
  value: unknown,
): Promise<unknown> {
  try {
    return await family.upgrades.get(from)!.get(to)!(value);
  } catch (cause) {
    throw new StorageError(
      "SCHEMA_MISMATCH",
      `The upgrade of the schema ${versioned(name, from)} to version ${quote(to)} failed.`,
      { operation: "validate", cause },
    );
  }
}

// A misspelt name must not pass a value unchecked.
function assertTag(tag: unknown): asserts tag is SchemaTag {
  const isTag =
    isPlainObject(tag) &&
    Object.keys(tag).every((name) => name === "schema" || name === "schemaVersion") &&
    typeof tag.schema === "string";
  if (!isTag) throw invalid("A tag must have a schema, may have a schemaVersion, and nothing else.");
  checkVersion(tag.schemaVersion as string | undefined);
}

function checkVersion(version: string | undefined): string {
  if (version === undefined || typeof version === "string") return version ?? "";
  throw invalid("The version of a schema must be a string.");
}

function label(name: string, version: string, original: string): string {
  const schema = `the schema ${versioned(name, version)}`;
  return version === original ? schema : `${schema}, upgraded from version ${quote(original)}`;
}

function versioned(name: string, version: string): string {
  return version === "" ? quote(name) : `${quote(name)} version ${quote(version)}`;
}

// A tag comes with the payload. It may hold anything, of any length.
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

function invalid(message: string): StorageError {
  return new StorageError("CONFIG_INVALID", message, { operation: "configure" });
}
