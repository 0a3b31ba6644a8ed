import { StorageError } from "../errors/error.js";
import { isPlainObject } from "../json/is-object.js";
import { assertStandardSchema, validate, type StandardSchemaV1 } from "./standard-schema.js";

/** What a reference or stored object says of the schema of its value. */
export interface SchemaTag {
  schema: string;
  /** As good as `""` when absent. */
  schemaVersion?: string | undefined;
}

/**
 * Makes a value of one version from a value of another; may be asynchronous. It gets what the schema of its version
 * made of the value, if that version is registered, and may change it in place.
 */
// The type of a method, whose parameter TypeScript compares both ways: so a function may name the type that it takes.
export type SchemaUpgrade = { upgrade(value: unknown): unknown }["upgrade"];

interface SchemaFamily {
  schemas: Map<string, StandardSchemaV1>;
  /** The version registered last. */
  current: string | undefined;
  /** By the version upgraded from, then by the version upgraded to. */
  upgrades: Map<string, Map<string, SchemaUpgrade>>;
}

/**
 * The schemas that tagged values are validated by on hydration. The current version of a schema is the one registered
 * last; values of other versions are upgraded to it. Versions are names: their order is that of registration.
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
   * @throws {StorageError} `CONFIG_INVALID` for a blank name, a version registered before, or what is no Standard Schema
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

  /** Whether a version of a schema is registered, so that {@link SchemaRegistry.check} looks at values of it. */
  has(name: string): boolean {
    return this.#families.get(name)?.current !== undefined;
  }

  /**
   * Says how a value of version `from` becomes one of version `to`. Neither need be registered: what is not, is not
   * validated on the way.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a blank name, equal versions, a pair given before, or no function
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
   * Validates a value by the schema that it is tagged with. A value of another version than the current one is upgraded
   * by the fewest steps, and validated at each version on the way that is registered, the first and the last included.
   *
   * @returns what the schema of the current version made of the value; the value itself when no schema of the name is
   * registered
   * @throws {StorageError} `SCHEMA_MISMATCH` when the value does not match, its version can't be upgraded, or an upgrade
   * fails. The message holds the versions and the paths of the issues, nothing of the value. `CONFIG_INVALID` for what is
   * no tag.
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

/** The versions from `from` to `to`, both included, by the fewest upgrades; the earlier given wins a tie. */
function shortestRoute(family: SchemaFamily, from: string, to: string): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
  // A Map is iterated in the order of insertion, new keys included: it is its own queue.
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
      { cause },
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

// A tag comes with the payload: it may hold anything, of any length.
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

function invalid(message: string): StorageError {
  return new StorageError("CONFIG_INVALID", message);
}
