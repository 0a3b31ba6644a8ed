import { once } from "../../../async/once.js";
import { StorageError } from "../../../errors/error.js";
import { isScheme, type Target } from "../../../paths/location.js";
import type { Store } from "../../store.js";
import { guardedStore } from "../../guard/guarded-store.js";
import { BUILT_IN_SCHEMES } from "../../drivers/driver-entries.js";
import {
  isSchemeStores,
  splitPrimaryScheme,
  type ParsedRoutingOptions,
  type SchemeFactory,
  type SchemeStores,
} from "./options.js";

/** The schemes and names that a routing store knows, and the store or factory of each. All names are lower case. */
export class SchemeTable {
  readonly #stores = new Map<string, SchemeStores>();
  readonly #aliases = new Map<string, string>();
  readonly #builtIn: ReadonlyMap<string, SchemeFactory> = builtInSchemes();
  readonly #primary: { readonly scheme: string; readonly container?: string } | undefined;
  readonly #unknownIsPrimary: boolean;

  /** @throws {StorageError} `CONFIG_INVALID` for names that are taken */
  constructor(options: ParsedRoutingOptions) {
    const { schemes, aliases, primaryScheme, onUnknownScheme } = options;
    this.#unknownIsPrimary = onUnknownScheme === "primary";
    for (const [name, stores] of Object.entries(schemes)) {
      const scheme = name.toLowerCase();
      if (this.#stores.has(scheme)) throw conflict(scheme, "is configured twice");
      this.#stores.set(scheme, guarded(stores));
    }
    for (const { scheme, aliases: others } of BUILT_IN_SCHEMES) {
      for (const alias of others) if (!this.#stores.has(alias)) this.#aliases.set(alias, scheme);
    }
    for (const [name, scheme] of Object.entries(aliases)) this.#addAlias(name.toLowerCase(), scheme.toLowerCase());
    for (const alias of this.#aliases.keys()) this.resolve(alias);
    const primary = primaryScheme === undefined ? undefined : splitPrimaryScheme(primaryScheme);
    this.#primary = primary && { ...primary, scheme: this.resolve(primary.scheme) };
    if (this.#stores.has(this.#wholePrimary ?? "")) throw conflict(this.#wholePrimary!, "is the primary's");
  }

  /**
   * Adds a scheme.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a name that is no scheme, a value that is no store, and a name that
   *   is taken
   */
  register(name: string, stores: SchemeStores): void {
    if (typeof name !== "string" || !isScheme(name)) {
      throw configError("The name to register is not a URL scheme (RFC 3986, section 3.1).");
    }
    const scheme = name.toLowerCase();
    if (!isSchemeStores(stores)) throw conflict(scheme, "must be given a Store or a function");
    if (this.#stores.has(scheme)) throw conflict(scheme, "is registered or configured already");
    if (this.#builtIn.has(scheme)) throw conflict(scheme, "is built in; the option `schemes` can replace it");
    if (this.#aliases.has(scheme)) throw conflict(scheme, `is another name of "${this.#aliases.get(scheme)!}"`);
    if (scheme === this.#wholePrimary) throw conflict(scheme, "is the primary's");
    this.#stores.set(scheme, guarded(stores));
  }

  /** Returns the scheme that a name stands for. */
  resolve(name: string): string {
    const seen = new Set<string>();
    for (let scheme = name; ; scheme = this.#aliases.get(scheme)!) {
      if (seen.has(scheme)) throw conflict(name, "is an alias that leads back to itself");
      if (!this.#aliases.has(scheme)) return scheme;
      seen.add(scheme);
    }
  }

  /** Returns the store or factory of a target whose scheme is resolved. Returns `undefined` when there is none. */
  find({ scheme, container }: Target): "primary" | SchemeStores | undefined {
    if (this.#primary?.scheme === scheme && (this.#primary.container ?? container) === container) return "primary";
    return this.#stores.get(scheme) ?? this.#builtIn.get(scheme) ?? (this.#unknownIsPrimary ? "primary" : undefined);
  }

  /** Whether any container of the scheme has a store. The name may be an alias. */
  knows(name: string): boolean {
    if (this.#unknownIsPrimary) return true;
    const scheme = this.resolve(name.toLowerCase());
    return this.#stores.has(scheme) || this.#builtIn.has(scheme) || this.#primary?.scheme === scheme;
  }

  /** All names that are known, for messages. */
  get names(): readonly string[] {
    const primary = this.#primary === undefined ? [] : [this.#primary.scheme];
    const names = [...this.#stores.keys(), ...this.#builtIn.keys(), ...primary, ...this.#aliases.keys()];
    return [...new Set(names)].filter((name) => this.knows(name)).sort();
  }

  /** The stores that serve a scheme without having to be opened. */
  get stores(): readonly Store[] {
    return [...this.#stores.values()].filter((stores) => typeof stores === "object");
  }

  get #wholePrimary(): string | undefined {
    return this.#primary?.container === undefined ? this.#primary?.scheme : undefined;
  }

  #addAlias(alias: string, scheme: string): void {
    if (this.#stores.has(alias)) throw conflict(alias, "is configured, so it can't be an alias");
    if (this.#builtIn.has(alias)) throw conflict(alias, "is built in, so it can't be an alias");
    if (this.#aliases.has(alias)) throw conflict(alias, `is another name of "${this.#aliases.get(alias)!}" already`);
    this.#aliases.set(alias, scheme);
  }
}

// Stores of a factory are guarded when they are opened.
function guarded(stores: SchemeStores): SchemeStores {
  return typeof stores === "object" ? guardedStore(stores) : stores;
}

function conflict(scheme: string, problem: string): StorageError {
  return configError(`The scheme "${scheme}" ${problem}.`);
}

function configError(message: string): StorageError {
  return new StorageError("CONFIG_INVALID", message, { operation: "configure" });
}

/**
 * Returns the schemes that need no configuration. Their stores take the credentials that their client library finds
 * in the environment. Driver and library are loaded when a path of the scheme is first used.
 */
function builtInSchemes(): ReadonlyMap<string, SchemeFactory> {
  const factories = new Map(BUILT_IN_SCHEMES.map(({ driver }) => [driver, loaded(driver)]));
  return new Map(BUILT_IN_SCHEMES.map(({ scheme, driver }) => [scheme, factories.get(driver)!]));
}

/** Returns a factory that is itself loaded at first use. */
function loaded(driver: { load(): Promise<{ scheme(): SchemeFactory }> }): SchemeFactory {
  const scheme = once(async () => (await driver.load()).scheme());
  const factory: SchemeFactory = async (target) => (await scheme())(target);
  return Object.assign(factory, { perContainer: true });
}
